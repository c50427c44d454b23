"""The log, which the database itself lets nobody change; how each moderator likes her dashboard."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.comments.rules import CommentStatus
from cms.db import UtcTime, beside_the_tables, stored_as_value
from cms.moderation.rules import Deed


class Decision(SQLModel, table=True):
    """One entry of the log, in commit order: ids, states, a reason's code, a policy, a time.

    Never free text. `staff_id` is empty where the writer or a policy acted, `from_status` in a first entry.
    """

    __tablename__ = "decision"
    __table_args__ = (
        sa.Index("ix_decision_comment", "comment_id", "id"),
        sa.Index("ix_decision_staff", "staff_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    comment_id: int = Field(foreign_key="comment.id")
    deed: Deed = Field(sa_type=stored_as_value(Deed, "decision_deed"))
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


class ModeratorChoice(SQLModel, table=True):
    """How one person of staff likes the dashboard; who has no row likes it as it comes."""

    __tablename__ = "moderator_choice"

    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    shortcuts: bool = Field(default=True)


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
