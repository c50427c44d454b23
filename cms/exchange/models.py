"""The table of what came in from elsewhere, so that a second import finds it again."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime


class ImportedThing(SQLModel, table=True):
    """What a thing of another site became here.

    `source` is the other site's address, `kind` and `foreign_id` name the thing there, `thing` names it here (`article:42`).
    `digest` is that of the imported content, `local_version` the version here just after the import.
    """

    __tablename__ = "imported_thing"
    __table_args__ = (
        sa.UniqueConstraint("source", "kind", "foreign_id"),
        sa.Index("ix_imported_thing_thing", "thing"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=500)
    kind: str = Field(max_length=40)
    foreign_id: str = Field(max_length=700)
    thing: str = Field(max_length=200)
    digest: str = Field(max_length=64)
    local_version: int = Field(default=1)
    imported_at: datetime = Field(sa_type=UtcTime)
