"""Erasing what somebody wrote, and keeping it erased whatever is restored."""

import math
import time
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from cms.comments.actions.learning import learn
from cms.comments.writes import forgetting
from cms.moderation.queries.standing import locked_comments
from cms.moderation.rules import OPERATOR, EntryKind
from cms.moderation.writes.log import unsigned_entry, write_decision
from cms.moderation.writes.policies import forget_whom_they_met
from cms.moderation.writes.staff import forget_notes_about, forget_notes_about_nobody
from cms.outbox.writes import forget_commenter
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.privacy import journal
from cms.privacy.queries.personal import comments_of, erasable
from cms.privacy.writes import forget_links_to
from cms.site import Site
from cms.storage.embedded import truncate_wal

AT_ONCE = 100  # comments in one transaction; the writer is free again within a moment
MERGED_AT_ONCE = 64  # pages of the search index in one transaction: nobody else can write for some 20 ms
SCRUB_SECONDS = 1.0  # for which whoever asks for an erasure waits


def erase_comments(site: Site, ids: Sequence[int], now: datetime, policy: str = "") -> int:
    """Erase comments with their text, their writer and everything that belongs to them; return how many were erased.

    `policy` is what the log names beside the entry: '' for the writer's own wish, OPERATOR for a command.
    The comments stay in their threads as tombstones. The journal is on the disk before the database commits, so no
    crash or failed commit loses an erasure: the next start erases what the journal names and the database still holds.
    """
    erased = 0
    for start in range(0, len(ids), AT_ONCE):
        with site.database.writing() as session:
            erased += _erase(site, session, ids[start : start + AT_ONCE], now, policy)
            session.commit()
    if erased:
        scrub_files(site, SCRUB_SECONDS)
    return erased


def erase_address(site: Site, fingerprint: str, now: datetime, policy: str = "") -> int:
    """Erase all comments of an address and everything known about its owner; return the number of comments."""
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
    scrub_files(site, SCRUB_SECONDS)
    return erased


def forget_person(session: Session, fingerprint: str) -> None:
    """Delete everything known about the owner of an address except her comments.

    The commenter's row comes first, in the order in which opening a letter's link locks rows, so that the two cannot
    deadlock.
    """
    forget_commenter(session, fingerprint)
    forget_links_to(session, fingerprint)
    forget_notes_about(session, fingerprint)
    forget_whom_they_met(session, fingerprint)


def replay(site: Site, now: datetime) -> int:
    """Erase again what the journal names and a restored database still holds; return the number of comments.

    Runs at every start. Where nothing was restored it reads the journal and runs one SELECT for each 500 lines. Two
    workers that find the same comments wait for each other, and the second finds them erased.
    """
    erased = journal.read(site.settings.keys_folder)
    if not erased:
        return 0
    with site.database.reading() as session:
        found = erasable(session, sorted(erased))
    ids = [one.id for one in found if journal.matches(one.mark, erased[one.id])]
    return erase_comments(site, ids, now, OPERATOR) if ids else 0


def scrub_files(site: Site, seconds: float = math.inf) -> None:
    """Remove deleted text from SQLite's files: merge the search indexes, then checkpoint and truncate the WAL.

    SQLite itself overwrites freed pages (`secure_delete`). The merge runs in small transactions, since merging the
    index of 200,000 comments in one kept everybody from writing for two seconds (measured). The next sweep does what
    is not done after `seconds`, and truncates a WAL that a reader of an old state still needs.
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
    truncate_wal(site.database.reader)


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
        erased = unsigned_entry(number, EntryKind.ERASED, status, status, now)
        erased.policy = policy
        write_decision(session, erased)
    forgetting.empty_comments(session, gone, now)
    forgetting.mark_erased(session, gone, now)
    forget_notes_about_nobody(session)
    bump(session, {things.article(one.article_id) for one in found})
    return len(found)
