"""The log, which the database itself lets nobody change; what colleagues tell each other; how each likes her dashboard."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.comments import upkeep
from cms.comments.rules import CommentStatus
from cms.db import UtcTime, beside_the_tables, stored_as_value
from cms.moderation.pauses import PauseKind
from cms.moderation.policies import Effect, PolicyKind, Which
from cms.moderation.rules import EntryKind, Verdict
from cms.storage.dialects import partial_index


class Decision(SQLModel, table=True):
    """One entry of the log, in commit order: ids, states, a reason's code, a policy, a time.

    Never free text. `staff_id` is empty where the writer or a policy acted, `from_status` in a first entry. `beside_id`
    is the entry together with which this one was made, and together with which it is undone. `escalated_from` is since
    when the comment had stood on the editors' list, which any entry of staff takes it off.
    """

    __tablename__ = "decision"
    __table_args__ = (
        sa.Index("ix_decision_comment", "comment_id", "id"),
        partial_index("ix_decision_staff", "staff_id", "id", where="staff_id IS NOT NULL"),
        sa.Index("ix_decision_at", "at", "id"),
        partial_index(
            "ix_decision_policy",
            "policy",
            "id",
            where="policy <> ''",
        ),
        partial_index(
            "ix_decision_batch",
            "batch_id",
            "id",
            where="batch_id IS NOT NULL",
        ),
        partial_index(
            "ix_decision_beside",
            "beside_id",
            where="beside_id IS NOT NULL",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    comment_id: int = Field(foreign_key="comment.id")
    deed: EntryKind = Field(sa_type=stored_as_value(EntryKind, "decision_deed"))
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    from_status: CommentStatus | None = Field(
        default=None,
        sa_type=stored_as_value(CommentStatus, "decision_from"),
    )
    to_status: CommentStatus = Field(sa_type=stored_as_value(CommentStatus, "decision_to"))
    reason: str = Field(default="", max_length=40)
    policy: str = Field(default="", max_length=80)
    undo_of: int | None = Field(default=None, foreign_key="decision.id", unique=True)
    at: datetime = Field(sa_type=UtcTime)
    batch_id: int | None = Field(default=None)
    beside_id: int | None = Field(default=None, foreign_key="decision.id")
    escalated_from: datetime | None = Field(default=None, sa_type=UtcTime)


class RejectionReason(SQLModel, table=True):
    """A reason for which comments are not published; never deleted, since the log goes on naming its `code`.

    An empty sentence is the catalogue's, which has words for the reasons that every newsroom begins with. A rejection
    for one that `teaches_spam` is a lesson for the filter. `retired_at` is set while nobody can choose it.
    """

    __tablename__ = "rejection_reason"

    code: str = Field(max_length=40, primary_key=True)
    place: int
    staff_sentence: str = Field(default="", max_length=100)
    public_sentence: str = Field(default="", max_length=500)
    teaches_spam: bool = Field(default=False)
    retired_at: datetime | None = Field(default=None, sa_type=UtcTime)


class DecisionNote(SQLModel, table=True):
    """What somebody of staff wrote beside a decision for her colleagues; it goes with the comment's text."""

    __tablename__ = "decision_note"
    __table_args__ = (sa.Index("ix_decision_note_comment", "comment_id"),)

    entry_id: int = Field(foreign_key="decision.id", primary_key=True)
    comment_id: int = Field(foreign_key="comment.id", ondelete="CASCADE")
    body_text: str = Field(max_length=1000)


class Policy(SQLModel, table=True):
    """What the newsroom has decided beforehand about comments to come (see policies.py for what each field says).

    It is never rewritten: a changed one is a new row that `replaces` it, so the log's `policy 12` means one thing for
    ever. `batch_id` is the decision about many that it goes on with. A commenter's fingerprint goes when it has ended.
    """

    __tablename__ = "policy"
    __table_args__ = (
        sa.CheckConstraint("score_from BETWEEN 0 AND 1000", name="score_from"),
        sa.CheckConstraint(
            "effect <> 'close' OR (kind IN ('article', 'section') AND ends_at IS NULL)", name="closes"
        ),
        sa.CheckConstraint("kind <> 'commenter' OR ends_at IS NOT NULL", name="commenter"),
        sa.CheckConstraint(
            "kind <> 'copies' OR (comment_id IS NOT NULL AND ends_at IS NOT NULL)", name="copies"
        ),
        partial_index(
            "ix_policy_closes",
            "article_id",
            "section_id",
            where="effect = 'close' AND is_on",
        ),
        sa.Index("ix_policy_fingerprint", "email_fingerprint"),
        sa.Index("ix_policy_comment", "comment_id"),
        sa.Index("ix_policy_batch", "batch_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: PolicyKind = Field(sa_type=stored_as_value(PolicyKind, "policy_kind"))
    effect: Effect = Field(sa_type=stored_as_value(Effect, "policy_effect"))
    which: Which = Field(default=Which.ALL, sa_type=stored_as_value(Which, "policy_which"))
    lines: str = Field(default="", sa_type=sa.Text)
    article_id: int | None = Field(default=None, foreign_key="article.id")
    section_id: int | None = Field(default=None, foreign_key="section.id")
    comment_id: int | None = Field(default=None, foreign_key="comment.id")
    email_fingerprint: str | None = Field(default=None, max_length=64)
    score_from: int = Field(default=0)
    reason: str = Field(default="", max_length=40)
    staff_id: int = Field(foreign_key="staff.id")
    made_at: datetime = Field(sa_type=UtcTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcTime)
    is_on: bool = Field(default=True)
    switched_by: int | None = Field(default=None, foreign_key="staff.id")
    switched_at: datetime | None = Field(default=None, sa_type=UtcTime)
    hits: int = Field(default=0)
    replaces: int | None = Field(default=None, foreign_key="policy.id")
    batch_id: int | None = Field(default=None, foreign_key="batch.id")


class Batch(SQLModel, table=True):
    """One decision about many comments, carried out in portions; its entries in the log carry its id.

    Either `verdict` is set, and `narrowed` (JSON of a filter) says about what; or `undoes` is, the batch that is taken
    back. Comments that anything was said of behind the log's entry `as_of` are left as they are. `note` goes along with
    each entry, and is kept here no longer than there is something left to do.
    """

    __tablename__ = "batch"
    __table_args__ = (
        sa.CheckConstraint("(verdict IS NULL) = (undoes IS NOT NULL OR hour_of IS NOT NULL)", name="about"),
        partial_index(
            "ix_batch_unfinished",
            "id",
            where="finished_at IS NULL",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id")
    verdict: Verdict | None = Field(default=None, sa_type=stored_as_value(Verdict, "batch_verdict"))
    reason: str = Field(default="", max_length=40)
    narrowed: str = Field(default="{}", max_length=2000)
    as_of: int
    wanted: int = Field(default=0)
    carried_out: int = Field(default=0)
    undoes: int | None = Field(default=None, foreign_key="batch.id")
    hour_of: int | None = Field(default=None, foreign_key="staff.id")
    hour_from: datetime | None = Field(default=None, sa_type=UtcTime)
    hour_until: datetime | None = Field(default=None, sa_type=UtcTime)
    begun_at: datetime = Field(sa_type=UtcTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)
    note: str | None = Field(default=None, max_length=1000)


class Note(SQLModel, table=True):
    """What somebody of staff tells her colleagues about a comment, or about whoever wrote from an address.

    It goes with what it is about, and by age.
    """

    __tablename__ = "note"
    __table_args__ = (
        sa.CheckConstraint("(comment_id IS NULL) <> (email_fingerprint IS NULL)", name="about"),
        sa.Index("ix_note_comment", "comment_id", "id"),
        sa.Index("ix_note_email_fingerprint", "email_fingerprint", "id"),
        sa.Index("ix_note_at", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    comment_id: int | None = Field(default=None, foreign_key="comment.id", ondelete="CASCADE")
    email_fingerprint: str | None = Field(default=None, max_length=64)
    staff_id: int = Field(foreign_key="staff.id")
    body_text: str = Field(max_length=1000)
    at: datetime = Field(sa_type=UtcTime)


class ReadingNow(SQLModel, table=True):
    """Which card somebody of staff was reading when her browser last said so."""

    __tablename__ = "reading_now"

    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    comment_id: int
    seen_at: datetime = Field(sa_type=UtcTime)


class ModeratorChoice(SQLModel, table=True):
    """How one person of staff likes the dashboard; who has no row likes it as it comes."""

    __tablename__ = "moderator_choice"

    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    shortcuts: bool = Field(default=True)


class DigestWish(SQLModel, table=True):
    """Whether one person of staff wishes for the daily letter, and the last day on which one was put for her.

    `mark` is random: the link that ends her letters derives from it.
    """

    __tablename__ = "digest_wish"

    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    mark: str = Field(max_length=32, unique=True)
    wished: bool = Field(default=True)
    put_on: date | None = Field(default=None)


class CommentCount(SQLModel, table=True):
    """How many comments stand decided, wait in each lane and are escalated: the sum of all rows, kept up by the database.

    One row on SQLite; on PostgreSQL more, which a timed job makes one again (see comments/upkeep.py).
    """

    __tablename__ = "comment_count"

    id: int | None = Field(default=None, primary_key=True)
    approved: int
    rejected: int
    spam: int
    likely_fine: int
    needs_thought: int
    likely_spam: int
    escalated: int


class Pause(SQLModel, table=True):
    """What somebody did to the comments of an article, until when; `until` is empty where she ended it."""

    __tablename__ = "pause"
    __table_args__ = (sa.Index("ix_pause_article", "article_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    article_id: int = Field(foreign_key="article.id", ondelete="CASCADE")
    kind: PauseKind = Field(sa_type=stored_as_value(PauseKind, "pause_kind"))
    until: datetime | None = Field(default=None, sa_type=UtcTime)
    staff_id: int = Field(foreign_key="staff.id")
    at: datetime = Field(sa_type=UtcTime)


APPEND_ONLY_SQLITE = (
    "CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision"
    " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision"
    " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
)
APPEND_ONLY_POSTGRESQL = (
    "CREATE FUNCTION decision_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$",
    "CREATE TRIGGER decision_no_change BEFORE UPDATE OR DELETE ON decision"
    " FOR EACH ROW EXECUTE FUNCTION decision_append_only()",
    "CREATE TRIGGER decision_no_truncate BEFORE TRUNCATE ON decision"
    " FOR EACH STATEMENT EXECUTE FUNCTION decision_append_only()",
)

beside_the_tables(APPEND_ONLY_SQLITE, APPEND_ONLY_POSTGRESQL)
beside_the_tables(upkeep.COUNTS_SQLITE, upkeep.COUNTS_POSTGRESQL)
