"""The table of versions: what a kept page was made of."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class Version(SQLModel, table=True):
    """The number of the newest change of a thing (`article:42`, `author:7`, `tag:3`, `section:2`, `front`, `site`).

    Changes are numbered through over all things, and the row `*` holds the last number: so what has changed
    since a page was made is one look at an index, however many things there are.
    """

    __tablename__ = "version"
    __table_args__ = (
        sa.CheckConstraint("number >= 1", name="number"),
        sa.Index("ix_version_number", "number"),
    )

    thing: str = Field(primary_key=True, max_length=200)
    number: int = Field(default=1)
