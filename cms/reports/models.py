"""The table of what readers report."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime, stored_as_value
from cms.reports.rules import ReportReason
from cms.storage.dialects import partial_index


class Report(SQLModel, table=True):
    """What a reader has against a published comment; `settled_by` is the entry of the log that answered it,
    `reopened_by` the undo of that one.

    One network says it once: `network_mark` is deleted the next day, as all are, and '' where nobody knows one.
    """

    __tablename__ = "report"
    __table_args__ = (
        partial_index(
            "uq_report_network", "comment_id", "network_mark", unique=True, where="network_mark IS NOT NULL"
        ),
        sa.Index("ix_report_comment", "comment_id", "id"),
        partial_index("ix_report_settled_by", "settled_by", where="settled_by IS NOT NULL"),
        partial_index("ix_report_reopened_by", "reopened_by", where="reopened_by IS NOT NULL"),
        sa.Index("ix_report_at", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    comment_id: int = Field(foreign_key="comment.id", ondelete="CASCADE")
    reason: ReportReason = Field(sa_type=stored_as_value(ReportReason, "report_reason"))
    body_text: str = Field(default="", max_length=500)
    network_mark: str | None = Field(default=None, max_length=64)
    at: datetime = Field(sa_type=UtcTime)
    settled_by: int | None = Field(default=None, foreign_key="decision.id")
    reopened_by: int | None = Field(default=None, foreign_key="decision.id")
