"""A moderator's deed: answering a comment in the thread, and approving it with that where it is not public."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from cms import sanitize
from cms.comments.actions.receipts import receipt_secret
from cms.comments.likeness import likeness
from cms.comments.queries.answered import replied_already
from cms.comments.queries.editing import StandingWords, standing_words
from cms.comments.rules import CommentStatus
from cms.comments.writes import storing
from cms.moderation.actions.deciding import Judgement, decide_each
from cms.moderation.actions.outcomes import NotHere, Outcome, hidden, left_as_it_is
from cms.moderation.models import Decision
from cms.moderation.queries.standing import LockedComment, Newest, locked_comments, newest_entries
from cms.moderation.rules import EntryKind, Verdict, still_stands
from cms.moderation.writes.log import lock_log, write_decision
from cms.outbox.actions.announcing import announce
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site
from cms.vault import random_mark, secret_hash


@dataclass(frozen=True, slots=True)
class StaffReply:
    """What somebody of staff answers to the comment `parent_id`, having seen the log up to its entry `as_of`."""

    staff_id: int
    name: str
    parent_id: int
    text: str = field(repr=False)
    as_of: int


def reply(site: Site, sent: StaffReply, now: datetime) -> Outcome | NotHere:
    """Publish a reply and, where what it answers is not public, approve that: one transaction, one undo.

    The same words of the same person below the same comment are published once.
    """
    with site.database.writing() as session:
        comments = locked_comments(session, [sent.parent_id])
        if not comments:
            return NotHere((sent.parent_id,))
        lock_log(session)
        outcome = _reply(site, session, comments[sent.parent_id], sent, now)
        session.commit()
        return outcome


def _reply(site: Site, session: Session, parent: LockedComment, sent: StaffReply, now: datetime) -> Outcome:
    text = sanitize.comment_text(sent.text)
    newest = newest_entries(session, [parent.id])
    refusal = _refusal(session, parent, newest, sent, text)
    if refusal is not None:
        return refusal
    approved = Outcome()
    if parent.status is not CommentStatus.APPROVED:
        judgement = Judgement(sent.staff_id, Verdict.APPROVE, "", sent.as_of, now, teaches=True)
        approved = decide_each(session, [parent], newest, judgement)
    reply_id = _store(site, session, standing_words(session, parent.id), sent, text, now)
    entry = _entry(reply_id, sent.staff_id, next(iter(approved.decided), None), now)
    number = write_decision(session, entry)
    bump(session, [things.article(parent.article_id)])
    announce(site, session, [reply_id, *hidden([parent])], now)
    return Outcome(approved.decided or (number,))


def _refusal(
    session: Session, parent: LockedComment, newest: dict[int, Newest], sent: StaffReply, text: str
) -> Outcome | None:
    """Return why nothing is published: it was said already, the parent is gone, or somebody was faster."""
    if replied_already(session, parent.id, sent.staff_id, text):
        return Outcome(unchanged=(parent.id,))
    if parent.is_gone:
        return Outcome(refused=(parent.id,))
    last = newest.get(parent.id)
    if last is not None and not still_stands(sent.as_of, last.entry, sent.staff_id):
        return Outcome(left=(left_as_it_is(parent, last),))
    return None


def _store(
    site: Site, session: Session, parent: StandingWords, sent: StaffReply, text: str, now: datetime
) -> int:
    mark = random_mark()
    comment = {
        "mark": mark,
        "article_id": parent.article_id,
        "parent_id": sent.parent_id,
        "root_id": parent.root_id,
        "staff_id": sent.staff_id,
        "name": sent.name,
        "body_text": text,
        "body_html": sanitize.comment_html(text),
        "language": parent.language,
        "status": CommentStatus.APPROVED,
        "created_at": now,
        "decided_at": now,
        "receipt_hash": secret_hash(receipt_secret(site, mark)),
        "likeness": likeness(text),
    }
    return storing.store_comment(session, comment, ())


def _entry(reply_id: int, staff_id: int, beside_id: int | None, now: datetime) -> Decision:
    return Decision(
        comment_id=reply_id,
        deed=EntryKind.REPLIED,
        staff_id=staff_id,
        to_status=CommentStatus.APPROVED,
        beside_id=beside_id,
        at=now,
    )
