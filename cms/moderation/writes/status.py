"""Giving a comment its status, and its place on the editors' list, which a decision takes it off."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.db import table_of
from cms.moderation.models import Decision

_SINCE_IT_CAME = sa.case(  # nobody decides about what its writer has taken back
    (sa.and_(col(Comment.withdrawn_at).is_(None), col(Comment.erased_at).is_(None)), col(Comment.created_at))
)
_DECISION, _COMMENT = table_of(Decision), table_of(Comment)
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_SET = (
    sa.update(Comment)
    .where(_COMMENT.c.id.in_(_IDS))
    .execution_options(synchronize_session=False)
    .values(
        status=sa.bindparam("after", type_=_COMMENT.c.status.type),
        decided_at=sa.bindparam("now", type_=_COMMENT.c.decided_at.type),
        waiting_since=None,
        **dict.fromkeys(("escalated_at", "repeat_key", "reports", "reported_at")),
    )
)
_SET_HELD = _SET.values(decided_at=None, waiting_since=_SINCE_IT_CAME)
_PUT_BACK = (
    sa.update(_COMMENT)
    .where(_COMMENT.c.id == _DECISION.c.comment_id, _DECISION.c.id.in_(_IDS))
    .where(_DECISION.c.escalated_from.is_not(None))
    .values(escalated_at=_DECISION.c.escalated_from)
)


def set_status(session: Session, comment_id: int, *, status: CommentStatus, now: datetime) -> None:
    """Give a comment its status, and with it its place in the queue; every decision answers an escalation.

    After any decision the same text sent again is a new comment.
    """
    set_statuses(session, [comment_id], status=status, now=now)


def set_statuses(session: Session, ids: Sequence[int], *, status: CommentStatus, now: datetime) -> None:
    """Give comments one status, as `set_status()` does."""
    statement = _SET_HELD if status is CommentStatus.HELD else _SET
    session.execute(statement, {"ids": ids, "after": status, "now": now})


def put_on_list(session: Session, comment_id: int, since: datetime | None) -> None:
    """Let a comment stand on the editors' list since a moment, or no longer (None)."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(escalated_at=since))


def put_back_on_list(session: Session, entry_ids: Sequence[int]) -> None:
    """Let comments stand on the editors' list since they did before these entries took them off it."""
    session.execute(_PUT_BACK, {"ids": entry_ids})
