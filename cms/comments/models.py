"""The tables of what readers write."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.comments import upkeep
from cms.comments.rules import CommentStatus, Lesson, VersionKind
from cms.comments.signals import HoldCode, Lane
from cms.db import UtcTime, beside_the_tables, stored_as_value
from cms.storage.dialects import partial_index

IS_REPEATABLE = "status IN ('held', 'spam')"  # in these words alone is the index of repeats looked at
_SETTLED = "coalesce(withdrawn_at, decided_at, created_at)"  # when the days of retention begin


def _index_of_waiting(name: str, *columns: str) -> sa.Index:
    return partial_index(name, *columns, where="waiting_since IS NOT NULL")


class Comment(SQLModel, table=True):
    """What a reader wrote; visible when it is approved and neither withdrawn nor erased."""

    __tablename__ = "comment"
    __table_args__ = (
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name="parent"),
        sa.CheckConstraint("email_sealed IS NULL OR email_fingerprint IS NOT NULL", name="sealed"),
        sa.CheckConstraint(
            "status <> 'held' OR waiting_since IS NOT NULL OR withdrawn_at IS NOT NULL OR erased_at IS NOT NULL",
            name="waits",  # what is held and in no queue would be lost
        ),
        sa.Index("ix_comment_thread", "article_id", "root_id", "status", "created_at", "id"),
        # What readers see of an article, counted and found without its rows.
        partial_index(
            "ix_comment_visible",
            "article_id",
            "root_id",
            "created_at",
            "id",
            where="status = 'approved' AND withdrawn_at IS NULL AND erased_at IS NULL",
        ),
        _index_of_waiting("ix_comment_waiting", "waiting_since", "id"),
        # What narrows the queue, each in the queue's own order.
        _index_of_waiting("ix_comment_waiting_article", "article_id", "waiting_since", "id"),
        _index_of_waiting("ix_comment_waiting_commenter", "email_fingerprint", "waiting_since", "id"),
        _index_of_waiting("ix_comment_waiting_network", "network_mark", "waiting_since", "id"),
        _index_of_waiting("ix_comment_waiting_language", "language", "waiting_since", "id"),
        # With all that its readers ask, so that a campaign of thousands costs no look at its comments.
        _index_of_waiting("ix_comment_fold", "fold_id", "waiting_since", "id", "status"),
        partial_index("ix_comment_escalated", "escalated_at", "id", where="escalated_at IS NOT NULL"),
        partial_index("ix_comment_reported", "waiting_since", "id", where="reported_at IS NOT NULL"),
        sa.Index("ix_comment_decided", "status", sa.text("coalesce(decided_at, created_at)"), "id"),
        sa.Index("ix_comment_email_fingerprint", "email_fingerprint", "id"),
        partial_index("ix_comment_parent", "parent_id", where="parent_id IS NOT NULL"),
        sa.Index("ix_comment_root", "root_id"),
        partial_index(
            "ix_comment_featured", "article_id", "featured_at", "id", where="featured_at IS NOT NULL"
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 1000", name="score"),
        # With all that is asked of the copies of a text, the newest of which are counted each time it comes in.
        partial_index(
            *("ix_comment_likeness", "likeness", "id", "status", "fold_id", "facts"),
            where="likeness <> 0 AND erased_at IS NULL",
        ),
        # What narrows the queue without an index of its own is looked up in this one, which holds it.
        _index_of_waiting(
            "ix_comment_lane",
            "lane",
            "waiting_since",
            "id",
            "status",
            "fold_id",
            "article_id",
            "score",
            "language",
        ),
        partial_index("uq_comment_repeat_key", "repeat_key", unique=True, where=IS_REPEATABLE),
        # What retention takes away, oldest first: addresses, their fingerprints, network marks, texts.
        partial_index("ix_comment_sealed", sa.text(_SETTLED), "id", where="email_sealed IS NOT NULL"),
        partial_index(
            "ix_comment_forgotten",
            sa.text(_SETTLED),
            "id",
            where="email_sealed IS NULL AND email_fingerprint IS NOT NULL",
        ),
        partial_index("ix_comment_network", "created_at", "id", where="network_mark IS NOT NULL"),
        partial_index(
            "ix_comment_unswept",
            sa.text(_SETTLED),
            "id",
            where="swept_at IS NULL AND (status IN ('rejected', 'spam') OR withdrawn_at IS NOT NULL)",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    # Random: the sealed address is bound to it, and the receipt's secret derives from it.
    mark: str = Field(max_length=32, unique=True)
    article_id: int = Field(foreign_key="article.id")
    parent_id: int | None = Field(default=None, foreign_key="comment.id")
    # The comment that began the thread; for that one, itself.
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
    # Set while a moderator has something to decide: `created_at` while it is held, and while the edit of an approved
    # one waits, when that edit came in.
    waiting_since: datetime | None = Field(default=None, sa_type=UtcTime)
    # Set while somebody of staff asks for another look.
    escalated_at: datetime | None = Field(default=None, sa_type=UtcTime)
    # When its writer asked for a second look at a rejection; she can once.
    second_look_at: datetime | None = Field(default=None, sa_type=UtcTime)
    # When its texts were taken away because of their age.
    swept_at: datetime | None = Field(default=None, sa_type=UtcTime)
    receipt_hash: str = Field(max_length=64, unique=True)
    # Set while the same text, sent again by the same hand, leads to this comment and is not stored a second time.
    repeat_key: str | None = Field(default=None, max_length=64)
    network_mark: str | None = Field(default=None, max_length=64)
    # The number that it had in the system from which it was imported.
    foreign_id: int | None = Field(default=None)
    # How much it looks like spam, 0 to 1000, and in which part of the queue it therefore stands.
    score: int = Field(default=0)
    lane: Lane = Field(default=Lane.NEEDS_THOUGHT, sa_type=stored_as_value(Lane, "comment_lane"))
    # The fingerprint of its text, 0 for none (see likeness.py), and the first comment of the near-copies it belongs to.
    likeness: int = Field(default=0, sa_type=sa.BigInteger)
    fold_id: int | None = Field(default=None)
    # How many networks have reported it since the last decision, and since when that is enough for another look.
    reports: int | None = Field(default=None)
    reported_at: datetime | None = Field(default=None, sa_type=UtcTime)
    # Who of staff wrote it. No foreign key: to add one, SQLite would build the whole table anew.
    staff_id: int | None = Field(default=None)
    # Set while the newsroom puts it forward.
    featured_at: datetime | None = Field(default=None, sa_type=UtcTime)
    # Set while it says what an editor made of it.
    corrected_at: datetime | None = Field(default=None, sa_type=UtcTime)
    # A digest of the facts it states (see moderation/campaigns.py); None where nobody has looked yet.
    facts: int | None = Field(default=None, sa_type=sa.BigInteger)


class LikenessBand(SQLModel, table=True):
    """A band of a text's fingerprint, by which those of near-copies are found (see likeness.py).

    It stands here once, however many comments bear it, and the database takes it away with the last of them.
    """

    __tablename__ = "likeness_band"
    __table_args__ = {"sqlite_with_rowid": False}  # its key is all that it holds

    band: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    likeness: int = Field(primary_key=True, sa_type=sa.BigInteger)


class CommentHost(SQLModel, table=True):
    """A host that stands in a comment, by which moderators look for it; `waiting_since` is the comment's."""

    __tablename__ = "comment_host"
    __table_args__ = (
        sa.Index("ix_comment_host_host", "host", "comment_id"),
        _index_of_waiting("ix_comment_host_waiting", "host", "waiting_since", "comment_id"),
    )

    comment_id: int = Field(foreign_key="comment.id", primary_key=True, ondelete="CASCADE")
    host: str = Field(max_length=253, primary_key=True)
    waiting_since: datetime | None = Field(default=None, sa_type=UtcTime)


class HoldReason(SQLModel, table=True):
    """Why a comment is held: a code of `signals.HoldCode` with what was measured; `waiting_since` is the comment's."""

    __tablename__ = "hold_reason"
    __table_args__ = (
        sa.Index("ix_hold_reason_code", "code", "comment_id"),
        _index_of_waiting("ix_hold_reason_waiting", "code", "waiting_since", "comment_id"),
    )

    comment_id: int = Field(foreign_key="comment.id", primary_key=True, ondelete="CASCADE")
    code: HoldCode = Field(sa_type=stored_as_value(HoldCode, "hold_code"), primary_key=True)
    measure: int = Field(default=0)
    waiting_since: datetime | None = Field(default=None, sa_type=UtcTime)


class SpamLesson(SQLModel, table=True):
    """What a person's decision about a comment taught the filter: spam or fine, and its buckets (see features.py).

    So it can be unlearnt exactly, whatever became of the text; copies of a text teach once.
    """

    __tablename__ = "spam_lesson"
    __table_args__ = (sa.Index("ix_spam_lesson_likeness", "likeness", "lesson"),)

    comment_id: int = Field(foreign_key="comment.id", primary_key=True, ondelete="CASCADE")
    lesson: Lesson = Field(sa_type=stored_as_value(Lesson, "spam_lesson"))
    likeness: int = Field(sa_type=sa.BigInteger)
    buckets: bytes = Field(sa_type=sa.LargeBinary)


class SpamWord(SQLModel, table=True):
    """In how many spam lessons and in how many fine ones a bucket stood."""

    __tablename__ = "spam_word"

    bucket: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    spam: int = Field(default=0)
    fine: int = Field(default=0)


class SpamModel(SQLModel, table=True):
    """The weights that were last fitted to the newest lessons, compressed; one row, whose `mark` is new each time."""

    __tablename__ = "spam_model"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    mark: str = Field(max_length=32)
    fitted_at: datetime = Field(sa_type=UtcTime)
    lessons: int
    weights: bytes = Field(sa_type=sa.LargeBinary)


class CommentEdit(SQLModel, table=True):
    """What the writer of an approved comment wants it to say instead, held until a moderator has read it."""

    __tablename__ = "comment_edit"

    comment_id: int = Field(foreign_key="comment.id", primary_key=True, ondelete="CASCADE")
    name: str = Field(max_length=200)
    body_text: str = Field(sa_type=sa.Text)
    body_html: str = Field(sa_type=sa.Text)
    at: datetime = Field(sa_type=UtcTime)


class CommentVersion(SQLModel, table=True):
    """A text that an entry of the log took out of use, kept so that it can be compared and put back.

    `at` is when the edit came in that the entry is about. A `kind` that ends in `_back` only remembers what an undo
    gave back; it holds no text. A correction that was undone is kept whole, since it waits nowhere else.
    """

    __tablename__ = "comment_version"
    __table_args__ = (sa.Index("ix_comment_version_comment", "comment_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    comment_id: int = Field(foreign_key="comment.id", ondelete="CASCADE")
    entry_id: int = Field(foreign_key="decision.id", unique=True)
    kind: VersionKind = Field(sa_type=stored_as_value(VersionKind, "version_kind"))
    name: str = Field(default="", max_length=200)
    body_text: str = Field(default="", sa_type=sa.Text)
    at: datetime = Field(sa_type=UtcTime)


beside_the_tables(upkeep.SEARCH_SQLITE, upkeep.SEARCH_POSTGRESQL)
beside_the_tables(upkeep.WORDS_SQLITE, upkeep.WORDS_POSTGRESQL)
beside_the_tables(upkeep.LIKENESS_SQLITE, upkeep.LIKENESS_POSTGRESQL)
beside_the_tables(upkeep.QUEUE_ORDER_SQLITE, upkeep.QUEUE_ORDER_POSTGRESQL)
