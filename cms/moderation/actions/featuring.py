"""A moderator's deed: putting a published comment forward, or no longer."""

from datetime import datetime

from cms.comments.rules import CommentStatus
from cms.comments.writes.changing import set_featured
from cms.moderation.actions.outcomes import NotHere, Outcome
from cms.moderation.models import Decision
from cms.moderation.queries.standing import locked_comments
from cms.moderation.rules import EntryKind
from cms.moderation.writes.log import lock_log, write_decision
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site


def feature(site: Site, staff_id: int, comment_id: int, now: datetime, *, on: bool) -> Outcome | NotHere:
    """Put a comment forward, or no longer; one that readers cannot see is refused, one that is so already unchanged."""
    deed = EntryKind.FEATURED if on else EntryKind.UNFEATURED
    with site.database.writing() as session:
        comment = locked_comments(session, [comment_id]).get(comment_id)
        if comment is None:
            return NotHere((comment_id,))
        if comment.is_featured is on:
            return Outcome(unchanged=(comment_id,))
        if comment.is_gone or comment.status is not CommentStatus.APPROVED:
            return Outcome(refused=(comment_id,))
        lock_log(session)
        set_featured(session, comment_id, now if on else None)
        entry = Decision(
            comment_id=comment_id,
            deed=deed,
            staff_id=staff_id,
            from_status=comment.status,
            to_status=comment.status,
            at=now,
        )
        number = write_decision(session, entry)
        bump(session, [things.article(comment.article_id)])
        session.commit()
        return Outcome((number,))
