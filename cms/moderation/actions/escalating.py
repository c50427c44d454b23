"""A moderator's deed: asking an editor to look at a comment, and taking it off the editors' list."""

from dataclasses import dataclass
from datetime import datetime

from cms.moderation.actions.outcomes import NotHere, Outcome, left_as_it_is
from cms.moderation.models import Decision, Note
from cms.moderation.queries.standing import LockedComment, locked_comments, newest_entries
from cms.moderation.rules import MAY_BE_ESCALATED, EntryKind, LastEntry, still_stands
from cms.moderation.writes.log import lock_log, write_decision
from cms.moderation.writes.staff import store_note
from cms.moderation.writes.status import put_on_list
from cms.site import Site


@dataclass(frozen=True, slots=True)
class Escalation:
    """What somebody who saw the log up to its entry `as_of` wants: a comment on the editors' list, or off it.

    `words` become a note about the comment; '' for none.
    """

    comment_id: int
    deed: EntryKind
    staff_id: int
    as_of: int
    words: str = ""


def escalate(site: Site, asked: Escalation, now: datetime) -> Outcome | NotHere:
    """Put a comment on the editors' list or take it off, undecided either way; it keeps its place in its lane.

    What was rejected, called spam or taken back is refused a place on the list.
    """
    wants_on = asked.deed is EntryKind.ESCALATED
    with site.database.writing() as session:
        comment = locked_comments(session, [asked.comment_id]).get(asked.comment_id)
        if comment is None:
            return NotHere((asked.comment_id,))
        lock_log(session)
        newest = newest_entries(session, [comment.id]).get(comment.id)
        if newest and not still_stands(asked.as_of, newest.entry, asked.staff_id):
            return Outcome(left=(left_as_it_is(comment, newest),))
        if wants_on and (comment.is_gone or comment.status not in MAY_BE_ESCALATED):
            return Outcome(refused=(comment.id,))
        if wants_on is (comment.escalated_at is not None):
            return Outcome(unchanged=(comment.id,))
        put_on_list(session, comment.id, now if wants_on else None)
        if asked.words:
            words = asked.words
            store_note(session, Note(comment_id=comment.id, staff_id=asked.staff_id, body_text=words, at=now))
        entry = _entry(asked, comment, newest.entry if newest else None, now)
        done = write_decision(session, entry)
        session.commit()
    return Outcome(decided=(done,))


def _entry(asked: Escalation, comment: LockedComment, last: LastEntry | None, now: datetime) -> Decision:
    """Return the entry, which carries the last reason on: a rejected comment's receipt goes on giving it."""
    return Decision(
        comment_id=comment.id,
        deed=asked.deed,
        staff_id=asked.staff_id,
        from_status=comment.status,
        to_status=comment.status,
        reason=last.reason if last else "",
        at=now,
        escalated_from=comment.escalated_at,
    )
