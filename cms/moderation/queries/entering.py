"""What a decision about many writes into the log, as SELECTs of its entries."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from cms.comments.models import Comment, CommentVersion
from cms.comments.rules import CommentStatus
from cms.db import UtcTime, table_of
from cms.moderation.models import Decision
from cms.moderation.queries.standing import EARLIER, EARLIER_ID, GONE, LAST_ENTRY, STATE_BEFORE
from cms.moderation.rules import EntryKind
from cms.reports.models import Report

_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_COLUMNS = table_of(Decision).c
_SAID = {  # the same in each entry
    "staff_id": sa.bindparam("staff_id", type_=sa.Integer),
    "batch_id": sa.bindparam("batch_id", type_=sa.Integer),
    "at": sa.bindparam("now", type_=UtcTime),
    "policy": sa.literal(""),
}


def _named(**columns: Any) -> list[sa.Label[Any]]:  # Any: columns of many kinds
    return [one.label(name) for name, one in columns.items()]


DECIDED = (  # of the comments `ids`: those that still wait and of which nothing was said since the entry `as_of`
    sa.select(
        *_named(
            comment_id=col(Comment.id),
            deed=sa.literal(EntryKind.DECIDED, _COLUMNS.deed.type),
            from_status=col(Comment.status),
            to_status=sa.bindparam("after", type_=_COLUMNS.to_status.type),
            reason=sa.bindparam("reason", type_=sa.String),
            escalated_from=col(Comment.escalated_at),
            **_SAID,
        )
    )
    .where(
        col(Comment.id).in_(_IDS),
        col(Comment.status) == CommentStatus.HELD,
        sa.not_(GONE),
        sa.func.coalesce(LAST_ENTRY, 0) <= sa.bindparam("as_of", type_=sa.Integer),
    )
    .order_by(col(Comment.id))
)
UNDONE = (  # of the entries `ids`: those that are still their comments' last and changed nothing but the status
    sa.select(
        *_named(
            comment_id=col(Decision.comment_id),
            deed=sa.literal(EntryKind.UNDONE, _COLUMNS.deed.type),
            from_status=col(Comment.status),
            to_status=STATE_BEFORE,
            reason=sa.func.coalesce(col(EARLIER.reason), ""),
            escalated_from=col(Comment.escalated_at),
            undo_of=col(Decision.id),
            **_SAID,
        )
    )
    .join(Comment, col(Comment.id) == col(Decision.comment_id))
    .outerjoin(EARLIER, col(EARLIER.id) == EARLIER_ID)
    .where(
        col(Decision.id).in_(_IDS),
        col(Decision.id) == LAST_ENTRY,
        col(Comment.status) != STATE_BEFORE,
        col(Comment.swept_at).is_(None),
        ~sa.exists().where(col(CommentVersion.entry_id) == col(Decision.id)),
        ~sa.exists().where(col(Report.settled_by) == col(Decision.id)),
        ~sa.exists().where(col(Report.reopened_by) == col(Decision.id)),
    )
    .order_by(col(Decision.id))
)
