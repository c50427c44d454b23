"""The tables of letters that wait, and of what their readers said to them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime, stored_as_value
from cms.outbox.rules import LetterKind, Wish
from cms.storage.dialects import partial_index


class Letter(SQLModel, table=True):
    """A letter to one person, as ids of what it is about; its words are made when it is sent.

    It goes to `email_sealed`, an address that somebody typed, bound to table "letter" and `mark`; or, where
    that is empty, to the address of `staff_id` or to that of the comment `comment_id`. Whether sent or given up, it carries no address.
    `reply_id` is what appeared below that comment, in the thread `thread_id`.
    """

    __tablename__ = "letter"
    __table_args__ = (
        sa.CheckConstraint(
            "comment_id IS NOT NULL OR email_sealed IS NOT NULL OR staff_id IS NOT NULL OR ended_at IS NOT NULL",
            name="to",
        ),
        sa.CheckConstraint("email_sealed IS NULL OR ended_at IS NULL", name="dropped"),
        sa.CheckConstraint(
            "(kind = 'reply') = (reply_id IS NOT NULL AND thread_id IS NOT NULL)", name="reply"
        ),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.Index("ix_letter_due", "ended_at", "due_at", "id"),
        sa.Index("ix_letter_sent", "sent_at"),
        sa.Index("ix_letter_to", "email_fingerprint", "kind"),
        sa.Index("ix_letter_comment", "comment_id"),
        sa.Index("ix_letter_thread", "thread_id"),
        sa.Index("uq_letter_reply", "reply_id", "email_fingerprint", unique=True),
        partial_index(
            "uq_letter_opt_in",
            "email_fingerprint",
            unique=True,
            where="kind = 'opt_in' AND ended_at IS NULL",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: LetterKind = Field(sa_type=stored_as_value(LetterKind, "letter_kind"))
    mark: str = Field(max_length=32, unique=True)
    email_sealed: str | None = Field(default=None, max_length=2000)
    email_fingerprint: str = Field(max_length=64)
    language: str = Field(default="en", max_length=35)
    comment_id: int | None = Field(default=None, foreign_key="comment.id", ondelete="CASCADE")
    reply_id: int | None = Field(default=None, foreign_key="comment.id", ondelete="CASCADE")
    thread_id: int | None = Field(default=None, foreign_key="comment.id", ondelete="CASCADE")
    created_at: datetime = Field(sa_type=UtcTime)
    due_at: datetime = Field(sa_type=UtcTime)
    attempts: int = Field(default=0)
    leased_until: datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")


class Commenter(SQLModel, table=True):
    """What is known of the owner of an address, by its fingerprint: whether it was proved, what she says to letters.

    `proved_at` is when she pressed a button behind a link that only a letter to the address held. `mark` is
    random: the links in letters derive from it. `asked` counts letters that asked for her wish and got no answer.
    """

    __tablename__ = "commenter"
    __table_args__ = (sa.CheckConstraint("asked >= 0", name="asked"),)

    fingerprint: str = Field(primary_key=True, max_length=64)
    mark: str = Field(max_length=32, unique=True)
    created_at: datetime = Field(sa_type=UtcTime)
    proved_at: datetime | None = Field(default=None, sa_type=UtcTime)
    wish: Wish = Field(default=Wish.UNKNOWN, sa_type=stored_as_value(Wish, "commenter_wish"))
    answered_at: datetime | None = Field(default=None, sa_type=UtcTime)
    asked: int = Field(default=0)
    asked_at: datetime | None = Field(default=None, sa_type=UtcTime)
