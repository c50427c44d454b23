"""A reader's deed: reporting a published comment, so that somebody looks at it again."""

from dataclasses import dataclass, field
from datetime import datetime

from cms.comments.rules import CommentStatus
from cms.limits import actions as limits
from cms.limits.rules import Visitor
from cms.moderation.queries.standing import locked_comments
from cms.moderation.rules import EntryKind
from cms.moderation.writes.log import unsigned_entry, write_decision
from cms.reports.rules import ReportReason
from cms.reports.writes import raise_reported, store_report
from cms.site import Site


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody has against a comment: a reason, and words of her own for the staff."""

    comment_id: int
    reason: ReportReason
    words: str = field(repr=False)
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class TooManyReports:
    """The refusal of one more from the same network for now."""

    retry_after_seconds: int


def report(site: Site, sent: Complaint, now: datetime) -> bool | TooManyReports:
    """Keep a report, once for each network; False where readers do not see the comment any more.

    The comment stays published until a person decides. The entry that enough reports make in the log tells a
    moderator who decides on an older page; reports after it only add to the number.
    """
    with site.database.writing() as session:
        comment = locked_comments(session, [sent.comment_id]).get(sent.comment_id)
        if comment is None or comment.is_gone or comment.status is not CommentStatus.APPROVED:
            return False
        waiting = limits.seconds_until_report(site, session, sent.visitor, now)
        if waiting:
            return TooManyReports(waiting)
        limits.count_report(site, session, sent.visitor, now)
        row = {
            "comment_id": comment.id,
            "reason": sent.reason,
            "body_text": sent.words,
            "network_mark": sent.visitor.network_mark,
            "at": now,
        }
        if store_report(session, row):
            enough = site.settings.reports_for_a_look
            if raise_reported(session, comment.id, now, enough=enough):
                write_decision(
                    session,
                    unsigned_entry(comment.id, EntryKind.REPORTED, comment.status, comment.status, now),
                )
        session.commit()
        return True
