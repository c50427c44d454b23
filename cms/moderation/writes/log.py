"""The log's new entries, in the order in which they are committed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.rules import CommentStatus
from cms.db import table_of
from cms.moderation.models import Decision, DecisionNote
from cms.moderation.queries import entering
from cms.moderation.rules import EntryKind
from cms.storage.dialects import dialect_of
from cms.storage.inserts import PrebuiltInsert
from cms.storage.prebuilt import Prebuilt
from cms.storage.sessions import once_per_transaction

_DECISION = table_of(Decision)
_NO_DECISION = dict.fromkeys(one.name for one in _DECISION.c if one.name != "id")
_ENTER = sa.insert(_DECISION).returning(_DECISION.c.id)
_ENTER_MANY = PrebuiltInsert(_DECISION, *_NO_DECISION)
_DECIDE, _UNDO = (
    sa.insert(_DECISION)
    .from_select(found.selected_columns.keys(), found, include_defaults=False)
    .returning(*(_DECISION.c[name] for name in ("undo_of", "comment_id", "from_status", "to_status")))
    for found in (entering.DECIDED, entering.UNDONE)
)
LOG_LOCK = 7_264_002  # PostgreSQL's sequences do not follow commits; one writer of the log at a time does
_LOCK_LOG = Prebuilt(sa.select(sa.func.pg_advisory_xact_lock(LOG_LOCK).label("lock")), overtakes=True)


def write_decision(session: Session, entry: Decision) -> int:
    """Add an entry to the log, in commit order; return its id."""
    lock_log(session)
    entry_id: int = session.execute(_ENTER, entry.model_dump(exclude={"id"})).scalar_one()
    return entry_id


# Any: columns of many kinds
def write_decisions(session: Session, entries: Sequence[dict[str, Any]]) -> None:
    """Add many entries to the log, in commit order, before anything looks at it."""
    lock_log(session)
    _ENTER_MANY.store_later(session, [{**_NO_DECISION, **entry} for entry in entries])


def unsigned_entry(
    comment_id: int, deed: EntryKind, before: CommentStatus | None, after: CommentStatus, now: datetime
) -> Decision:
    """Return an entry that nobody of staff signs: its deed is a writer's, a policy's, readers' or a command's."""
    return Decision(comment_id=comment_id, deed=deed, from_status=before, to_status=after, at=now)


def first_entry(comment_id: int, now: datetime) -> dict[str, Any]:  # Any: columns of many kinds
    """Return the row of the entry with which a comment's log begins."""
    what = {"deed": EntryKind.SUBMITTED, "to_status": CommentStatus.HELD}
    return {"comment_id": comment_id, **what, "reason": "", "policy": "", "at": now}


def keep_note(session: Session, entry_id: int, comment_id: int, body_text: str) -> None:
    """Keep what was written beside an entry of the log; nothing for no text."""
    if body_text:
        session.add(DecisionNote(entry_id=entry_id, comment_id=comment_id, body_text=body_text))
        session.flush()


def keep_note_beside_all(
    session: Session, batch_id: int, comment_ids: Sequence[int], body_text: str | None
) -> None:
    """Keep what was written beside a decision about many with the entry of each of these; nothing for no text."""
    if body_text:
        columns = col(Decision.id), col(Decision.comment_id), sa.literal(body_text)
        entries = sa.select(*columns).where(
            col(Decision.batch_id) == batch_id, col(Decision.comment_id).in_(comment_ids)
        )
        session.execute(sa.insert(DecisionNote).from_select(["entry_id", "comment_id", "body_text"], entries))


def decide_all(session: Session, said: Mapping[str, Any]) -> Sequence[Any]:  # Any: as above
    """Add to the log what entering.DECIDED finds, in commit order; return the comment's id and both states."""
    return session.execute(_DECIDE, said).all()


def undo_all(session: Session, said: Mapping[str, Any]) -> Sequence[Any]:  # Any: as above
    """Add to the log what entering.UNDONE finds, in commit order; return what `decide_all()` does, and `undo_of`."""
    return session.execute(_UNDO, said).all()


def lock_log(session: Session) -> None:
    """Let nobody else write to the log until this transaction ends.

    Comments are locked before the log, in order of their ids, and versions are bumped after it: who keeps
    to that never waits in a circle.
    """
    if dialect_of(session) == "postgresql":
        once_per_transaction(session, "lock of the log", lambda: _LOCK_LOG.put(session, {}))
