"""Erasing what somebody wrote, and keeping it erased whatever is restored."""

import math
import time
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from cms.comments.actions.learning import learn
from cms.comments.writes import forgetting
from cms.moderation.queries.standing import locked_comments
from cms.moderation.rules import OPERATOR, Deed
from cms.moderation.writes.log import unsigned_entry, write_decision
from cms.moderation.writes.policies import forget_whom_they_met
from cms.moderation.writes.staff import forget_notes_about, forget_notes_about_nobody
from cms.outbox.writes import forget_commenter
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.privacy import journal
from cms.privacy.queries.personal import comments_of, erasable
from cms.privacy.writes import shut_doors
from cms.site import Site
from cms.storage.embedded import cut_wal

AT_ONCE = 100  # comments in one transaction; the writer is free again within a moment
MERGED_AT_ONCE = 64  # pages of words in one transaction: some 20 ms in which nobody else can write
TIDY_SECONDS = 1.0  # that whoever asks for an erasure waits for the merge


def erase_comments(site: Site, ids: Sequence[int], now: datetime, policy: str = "") -> int:
    """Erase comments: what they say, whose they are, all that hangs on them; return how many were not erased yet.

    `policy` is what the log names beside the entry: '' for the writer's own wish, OPERATOR for a command.
    Threads stand. The journal is on the disk before the database commits, so no crash loses an erasure: where it
    comes between the two, the next start carries out what the journal says; where it comes before both, nobody was
    told that anything was erased. A commit that failed is made good in the same way.
    """
    erased = 0
    for start in range(0, len(ids), AT_ONCE):
        with site.database.writing() as session:
            erased += _erase(site, session, ids[start : start + AT_ONCE], now, policy)
            session.commit()
    if erased:
        tidy(site, TIDY_SECONDS)
    return erased


def erase_address(site: Site, fingerprint: str, now: datetime, policy: str = "") -> int:
    """Erase all comments of an address and all that is known of its owner; return how many comments that were."""
    erased = 0
    while True:
        with site.database.writing() as session:
            ids = comments_of(session, fingerprint, size=AT_ONCE)
            if not ids:
                forget_person(session, fingerprint)
                session.commit()
                break
            erased += _erase(site, session, ids, now, policy)
            session.commit()
    tidy(site, TIDY_SECONDS)
    return erased


def forget_person(session: Session, fingerprint: str) -> None:
    """Take away what is known of the owner of an address, wherever it stands, but for her comments.

    The commenter first, as whoever opens one of her letters' links does: so two never wait in a circle.
    """
    forget_commenter(session, fingerprint)
    shut_doors(session, fingerprint)
    forget_notes_about(session, fingerprint)
    forget_whom_they_met(session, fingerprint)


def replay(site: Site, now: datetime) -> int:
    """Erase again what the journal names and a restored database still holds; return how many comments that were.

    Every start does it. Where nothing was restored it reads the file and asks one SELECT for each 500 lines; two
    workers that find the same comments wait for each other, and the second finds them erased.
    """
    noted = journal.noted(site.settings.keys_folder)
    if not noted:
        return 0
    with site.database.reading() as session:
        found = erasable(session, sorted(noted))
    ids = [one.id for one in found if journal.is_of(one.mark, noted[one.id])]
    return erase_comments(site, ids, now, OPERATOR) if ids else 0


def tidy(site: Site, seconds: float = math.inf) -> None:
    """Leave nothing of what is gone in SQLite's files: comments' words are merged, the WAL is written back and cut.

    Freed pages are overwritten at once (`secure_delete`). Nobody waits for it for long: to merge the words of 200,000
    comments in one transaction kept everybody from writing for two seconds (measured). What is not done after `seconds`
    the next sweep does, as it cuts a WAL whose end a reader holds back who still looks at an old state.
    """
    if not site.database.is_sqlite:
        return
    ends = time.monotonic() + seconds
    for index in ("comment_search", "comment_words"):
        begins, goes_on = True, True
        while goes_on and time.monotonic() < ends:
            with site.database.writing() as session:
                goes_on = forgetting.merge_words(session, index, MERGED_AT_ONCE, begins=begins)
                session.commit()
            begins = False
    cut_wal(site.database.reader)


def _erase(site: Site, session: Session, ids: Sequence[int], now: datetime, policy: str) -> int:
    locked = locked_comments(session, sorted(ids))
    found = erasable(session, sorted(locked))
    if not found:
        return 0
    journal.append(site.settings.keys_folder, {one.id: one.mark for one in found})
    gone = [one.id for one in found]
    learn(session, dict.fromkeys(gone))
    for number in gone:
        status = locked[number].status
        erased = unsigned_entry(number, Deed.ERASED, status, status, now)
        erased.policy = policy
        write_decision(session, erased)
    forgetting.empty_comments(session, gone, now)
    forgetting.mark_erased(session, gone, now)
    forget_notes_about_nobody(session)
    bump(session, {things.article(one.article_id) for one in found})
    return len(found)
