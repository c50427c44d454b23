"""What a receipt shows to the one who holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleKind
from cms.comments.models import IS_REPEATABLE, Comment, CommentEdit
from cms.comments.rules import CommentStatus, ReceiptState, SecondLook, receipt_state, second_look
from cms.db import table_of
from cms.moderation.models import Decision
from cms.moderation.queries.standing import LAST_ENTRY
from cms.storage.prebuilt import Prebuilt


@dataclass(frozen=True, slots=True)
class Receipt:
    """A comment as its writer sees it; `reason` is the code of the last decision.

    `name` and `body_text` are what she has sent last, `edit_html` what waits beside a published text, '' for nothing.
    """

    comment_id: int
    status: CommentStatus
    state: ReceiptState
    reason: str
    name: str
    body_text: str
    body_html: str
    edit_html: str
    language: str
    created_at: datetime
    corrected_at: datetime | None
    second_look: SecondLook
    article_id: int
    article_kind: ArticleKind
    article_slug: str
    article_title: str
    article_language: str

    @property
    def can_withdraw(self) -> bool:
        """Whether there is something left to withdraw."""
        return self.state not in {ReceiptState.WITHDRAWN, ReceiptState.ERASED}

    @property
    def can_edit(self) -> bool:
        """Whether it may still say something else."""
        return self.state in {ReceiptState.WAITING, ReceiptState.PUBLISHED}


@dataclass(frozen=True, slots=True)
class HeldRepeat:
    """A held comment with the same article, name, address and text as one that comes in."""

    id: int
    mark: str
    created_at: datetime


_RECEIPTS = (
    sa.select(
        col(Comment.id),
        col(Comment.status),
        col(Comment.name),
        col(Comment.body_text),
        col(Comment.body_html),
        col(Comment.language),
        col(Comment.created_at),
        col(Comment.withdrawn_at),
        col(Comment.erased_at),
        col(Comment.escalated_at),
        col(Comment.second_look_at),
        col(Comment.corrected_at),
        col(CommentEdit.name).label("edit_name"),
        col(CommentEdit.body_text).label("edit_text"),
        col(CommentEdit.body_html).label("edit_html"),
        col(Decision.reason),
        col(Decision.staff_id),
        col(Article.id).label("article_id"),
        col(Article.kind),
        col(Article.slug),
        col(Article.title),
        col(Article.language).label("article_language"),
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .outerjoin(CommentEdit, col(CommentEdit.comment_id) == col(Comment.id))
    .outerjoin(Decision, col(Decision.id) == LAST_ENTRY)
)
_BY_HASH = _RECEIPTS.where(col(Comment.receipt_hash) == sa.bindparam("receipt_hash"))
_OF_ADDRESS = (
    _RECEIPTS.where(
        col(Comment.email_fingerprint) == sa.bindparam("fingerprint"),
        col(Comment.id) < sa.bindparam("before"),
    )
    .order_by(col(Comment.id).desc())
    .limit(sa.bindparam("size"))
)
_COMMENT = table_of(Comment)
_REPEAT = Prebuilt(
    sa.select(_COMMENT.c.id, _COMMENT.c.mark, _COMMENT.c.created_at).where(
        _COMMENT.c.repeat_key == sa.bindparam("repeat_key"),
        sa.text(IS_REPEATABLE),
    )
)


def receipt(session: Session, receipt_hash: str) -> Receipt | None:
    """Return the receipt whose secret has this hash, or None; one SELECT."""
    row = session.execute(_BY_HASH, {"receipt_hash": receipt_hash}).one_or_none()
    return _receipt(row) if row else None


def receipts_of(session: Session, fingerprint: str, *, before: int, size: int) -> tuple[Receipt, ...]:
    """Return an address's comments below the id `before`, the newest first, as their receipts show them; one SELECT."""
    asked = {"fingerprint": fingerprint, "before": before, "size": size}
    return tuple(_receipt(row) for row in session.execute(_OF_ADDRESS, asked))


def expect_repeat(session: Session, repeat_key: str) -> None:
    """Let the next question bring along, on PostgreSQL, the answer that `held_repeat()` will need."""
    _REPEAT.expect(session, {"repeat_key": repeat_key})


def held_repeat(session: Session, repeat_key: str) -> HeldRepeat | None:
    """Return the comment that carries this key, held or called spam by no person yet, or None; one SELECT."""
    row = _REPEAT.first(session, {"repeat_key": repeat_key})
    return HeldRepeat(*row) if row else None


def _receipt(row: Any) -> Receipt:  # Any: a row of the columns above
    has_edit = row.edit_name is not None
    gone = row.withdrawn_at is not None or row.erased_at is not None
    return Receipt(
        comment_id=row.id,
        status=row.status,
        state=ReceiptState.ERASED
        if row.erased_at is not None
        else receipt_state(row.status, withdrawn=gone, by_person=row.staff_id is not None),
        reason=row.reason or "",
        name=row.edit_name if has_edit else row.name,
        body_text=row.edit_text if has_edit else row.body_text,
        body_html=row.body_html,
        edit_html=row.edit_html or "",
        language=row.language,
        created_at=row.created_at,
        corrected_at=row.corrected_at,
        second_look=second_look(
            row.status,
            gone=gone,
            asked=row.second_look_at is not None,
            waits=row.escalated_at is not None,
        ),
        article_id=row.article_id,
        article_kind=row.kind,
        article_slug=row.slug,
        article_title=row.title,
        article_language=row.article_language,
    )
