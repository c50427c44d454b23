"""An editor's deed: saying for which reasons comments are not published."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from cms.moderation.queries.reasons import ReasonLine, reasons
from cms.moderation.rules import REASONS_MAX
from cms.moderation.writes.log import lock_log
from cms.moderation.writes.policies import write_reasons
from cms.site import Site


class Kept(StrEnum):
    """What became of a reason that somebody wrote."""

    KEPT = "kept"
    TAKEN = "taken"  # another reason has its code, which the log goes on naming
    FULL = "full"


def keep_reason(site: Site, wanted: ReasonLine, *, is_new: bool) -> Kept:
    """Store a reason at its place of the list, where the others make room.

    The log's lock lets editors write one after the other, and nobody decide in between.
    """
    with site.database.writing() as session:
        lock_log(session)
        present = reasons(session)
        if is_new and any(one.code == wanted.code for one in present):
            return Kept.TAKEN
        if is_new and len(present) >= REASONS_MAX:
            return Kept.FULL
        others = [one for one in present if one.code != wanted.code]
        place = max(0, wanted.place - 1)
        write_reasons(session, [*others[:place], wanted, *others[place:]])
        session.commit()
    return Kept.KEPT


def retire_reason(site: Site, code: str, now: datetime, *, is_retired: bool) -> bool:
    """Take a reason out of the list that people choose from, or put it back; False where there is none such."""
    with site.database.writing() as session:
        lock_log(session)
        present = reasons(session)
        if not any(one.code == code for one in present):
            return False
        retired_at = now if is_retired else None
        write_reasons(
            session,
            [replace(one, retired_at=retired_at) if one.code == code else one for one in present],
        )
        session.commit()
    return True
