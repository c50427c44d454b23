"""An editor's deed: changing what a comment says, under a mark that everybody sees, the original kept."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from cms import sanitize
from cms.comments.models import CommentVersion
from cms.comments.queries.editing import CommentWords, standing_words
from cms.comments.rules import CommentStatus, VersionKind
from cms.comments.writes import changing, storing
from cms.moderation.actions.outcomes import NotHere, Outcome, changed_article, left_as_it_is
from cms.moderation.corrections import CorrectionReason
from cms.moderation.models import Decision
from cms.moderation.queries.standing import LockedComment, locked_comments, newest_entries
from cms.moderation.rules import EntryKind, still_stands
from cms.moderation.writes.log import lock_log, write_decision
from cms.pages.writes import bump
from cms.site import Site

CORRECTABLE = frozenset({CommentStatus.HELD, CommentStatus.APPROVED})


@dataclass(frozen=True, slots=True)
class Correction:
    """What an editor who saw the log up to its entry `as_of` makes of a comment, and why."""

    staff_id: int
    comment_id: int
    text: str = field(repr=False)
    reason: CorrectionReason
    as_of: int


def correct(site: Site, wanted: Correction, now: datetime) -> Outcome | NotHere:
    """Let a held or published comment say something else; its name stays its writer's, and so does an edit that waits."""
    with site.database.writing() as session:
        comment = locked_comments(session, [wanted.comment_id]).get(wanted.comment_id)
        if comment is None:
            return NotHere((wanted.comment_id,))
        lock_log(session)
        outcome = _correct(session, comment, wanted, now)
        session.commit()
        return outcome


def _correct(session: Session, comment: LockedComment, wanted: Correction, now: datetime) -> Outcome:
    before = standing_words(session, comment.id).words
    after = CommentWords(before.name, sanitize.comment_text(wanted.text))
    last = newest_entries(session, [comment.id]).get(comment.id)
    if after == before:
        return Outcome(unchanged=(comment.id,))
    if last is not None and not still_stands(wanted.as_of, last.entry, wanted.staff_id):
        return Outcome(left=(left_as_it_is(comment, last),))
    if comment.is_gone or comment.status not in CORRECTABLE:
        return Outcome(refused=(comment.id,))
    number = write_decision(session, _entry(comment, wanted, now))
    _keep(session, comment.id, number, before, now)
    html = sanitize.comment_html(after.body_text)
    storing.rewrite(session, comment.id, name=after.name, body_text=after.body_text, body_html=html)
    bump(session, filter(None, [changed_article(comment, comment.status)]))
    return Outcome((number,))


def _keep(session: Session, comment_id: int, entry_id: int, before: CommentWords, now: datetime) -> None:
    original = CommentVersion(
        comment_id=comment_id,
        entry_id=entry_id,
        kind=VersionKind.CORRECTED,
        name=before.name,
        body_text=before.body_text,
        at=now,
    )
    changing.keep_version(session, original)


def _entry(comment: LockedComment, wanted: Correction, now: datetime) -> Decision:
    return Decision(
        comment_id=comment.id,
        deed=EntryKind.CORRECTED,
        staff_id=wanted.staff_id,
        from_status=comment.status,
        to_status=comment.status,
        reason=wanted.reason,
        at=now,
    )
