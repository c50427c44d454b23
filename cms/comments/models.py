"""The tables of what readers write."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.comments.rules import CommentStatus, HoldCode
from cms.db import UtcTime, stored_as_value


class Comment(SQLModel, table=True):
    """What a reader wrote; visible when approved, neither withdrawn nor erased.

    `mark` is random: the sealed address is bound to it and the receipt's secret derives from it. `root_id` is the
    comment that began the thread (itself, for that one). `repeat_key` is set while the same text sent again is stored once.
    """

    __tablename__ = "comment"
    __table_args__ = (
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name="parent"),
        sa.CheckConstraint("(email_sealed IS NULL) = (email_fingerprint IS NULL)", name="sealed"),
        sa.Index("ix_comment_thread", "article_id", "root_id", "status", "created_at", "id"),
        sa.Index("ix_comment_queue", "status", "created_at", "id"),
        sa.Index("ix_comment_decided", "status", sa.text("coalesce(decided_at, created_at)"), "id"),
        sa.Index("ix_comment_email_fingerprint", "email_fingerprint"),
        sa.Index("ix_comment_parent", "parent_id"),
        sa.Index(
            "uq_comment_repeat_key",
            "repeat_key",
            unique=True,
            sqlite_where=sa.text("status = 'held'"),
            postgresql_where=sa.text("status = 'held'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    mark: str = Field(max_length=32, unique=True)
    article_id: int = Field(foreign_key="article.id")
    parent_id: int | None = Field(default=None, foreign_key="comment.id")
    root_id: int | None = Field(default=None, foreign_key="comment.id")
    name: str = Field(max_length=200)
    body_text: str = Field(sa_type=sa.Text)
    body_html: str = Field(sa_type=sa.Text)
    language: str = Field(default="en", max_length=35)
    email_sealed: str | None = Field(default=None, max_length=2000)
    email_fingerprint: str | None = Field(default=None, max_length=64)
    notify: bool = Field(default=False)
    status: CommentStatus = Field(
        default=CommentStatus.HELD,
        sa_type=stored_as_value(CommentStatus, "comment_status"),
    )
    created_at: datetime = Field(sa_type=UtcTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcTime)
    receipt_hash: str = Field(max_length=64, unique=True)
    repeat_key: str | None = Field(default=None, max_length=64)
    network_mark: str | None = Field(default=None, max_length=64)
    foreign_id: int | None = Field(default=None)


class HoldReason(SQLModel, table=True):
    """Why a comment is held: a code of `rules.HoldCode` with what was measured."""

    __tablename__ = "hold_reason"

    comment_id: int = Field(foreign_key="comment.id", primary_key=True, ondelete="CASCADE")
    code: HoldCode = Field(sa_type=stored_as_value(HoldCode, "hold_code"), primary_key=True)
    measure: int = Field(default=0)
