"""The table of versions: what a kept page was made of."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class Version(SQLModel, table=True):
    """How often a thing (`article:42`, `author:7`, `tag:3`, `section:2`, `front`, `site`) has changed."""

    __tablename__ = "version"
    __table_args__ = (sa.CheckConstraint("number >= 1", name="number"),)

    thing: str = Field(primary_key=True, max_length=200)
    number: int = Field(default=1)
