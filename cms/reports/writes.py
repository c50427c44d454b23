"""Keeping what readers report, and what their reports do to a comment."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment, CommentEdit
from cms.comments.rules import CommentStatus
from cms.comments.signals import Lane
from cms.db import UtcTime
from cms.reports.models import Report
from cms.storage.dialects import insert_into
from cms.storage.rows import changed_any


def store_report(session: Session, report: dict[str, Any]) -> bool:
    """Store a report by the values of its row and count it; False where its network has reported the comment before."""
    stored = insert_into(session, Report).values(report).on_conflict_do_nothing().returning(col(Report.id))
    if session.execute(stored).first() is None:  # PostgreSQL's driver counts no rows of such an INSERT
        return False
    number = sa.func.coalesce(col(Comment.reports), 0) + 1
    session.execute(sa.update(Comment).where(col(Comment.id) == report["comment_id"]).values(reports=number))
    return True


def raise_reported(session: Session, comment_id: int, now: datetime, *, enough: int) -> bool:
    """Let a published comment wait for another look where enough have reported it; tell whether it does so from now on."""
    update = (
        sa.update(Comment)
        .where(
            col(Comment.id) == comment_id, col(Comment.reported_at).is_(None), col(Comment.reports) >= enough
        )
        .values(
            reported_at=now,
            waiting_since=sa.func.coalesce(col(Comment.waiting_since), sa.literal(now, type_=UtcTime())),
            lane=Lane.NEEDS_THOUGHT,
        )
    )
    return changed_any(session, update)


def settle_reports(session: Session, comment_id: int, entry_id: int) -> None:
    """Note which entry of the log has answered the reports about a comment."""
    is_open = (col(Report.comment_id) == comment_id, col(Report.settled_by).is_(None))
    session.execute(sa.update(Report).where(*is_open).values(settled_by=entry_id))


def undo_about_reports(session: Session, comment_id: int, entry_id: int, undo_id: int) -> None:
    """Open the reports that an entry had answered, or answer those again that it, an undo itself, had opened."""
    was_settled, was_reopened = col(Report.settled_by) == entry_id, col(Report.reopened_by) == entry_id
    opened = sa.update(Report).where(was_settled).values(settled_by=None, reopened_by=undo_id)
    answered = sa.update(Report).where(was_reopened).values(settled_by=undo_id, reopened_by=None)
    is_answered, is_opened = changed_any(session, answered), changed_any(session, opened)
    if is_answered or is_opened:
        _count_reports(session, comment_id)


def forget_marks_before(session: Session, moment: datetime) -> None:
    """Forget from which networks reports before a moment came."""
    marked = (col(Report.at) < moment, col(Report.network_mark).is_not(None))
    session.execute(sa.update(Report).where(*marked).values(network_mark=None))


def forget_settled_before(session: Session, moment: datetime) -> None:
    """Take away reports from before a moment that somebody has answered."""
    session.execute(sa.delete(Report).where(col(Report.at) < moment, col(Report.settled_by).is_not(None)))


def _count_reports(session: Session, comment_id: int) -> None:
    """Let a published comment wait for what is open about it now: an edit, reports."""
    is_open = (col(Report.comment_id) == comment_id, col(Report.settled_by).is_(None))
    since = sa.select(sa.func.min(col(Report.at))).where(*is_open).scalar_subquery()
    number = sa.select(sa.func.nullif(sa.func.count(), 0)).select_from(Report).where(*is_open)
    edited = sa.select(col(CommentEdit.at)).where(col(CommentEdit.comment_id) == comment_id)
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == comment_id, col(Comment.status) == CommentStatus.APPROVED)
        .values(
            reports=number.scalar_subquery(),
            reported_at=since,
            waiting_since=sa.func.coalesce(edited.scalar_subquery(), since),
        )
    )
