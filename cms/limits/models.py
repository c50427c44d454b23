"""The tables of how often one visitor did a thing; none holds an IP address."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime


class DailySalt(SQLModel, table=True):
    """The random salt of one day's network marks, sealed; deleted the next day, so marks lose their meaning."""

    __tablename__ = "daily_salt"

    day: date = Field(primary_key=True)
    salt_sealed: str = Field(max_length=400)


class LimitCount(SQLModel, table=True):
    """How often `key` (a kind of deed and a network mark) did something in the window that began at `since`.

    Under a key that begins with `kinds:` the number is a set of kinds of device, one bit each.
    """

    __tablename__ = "limit_count"
    __table_args__ = (
        sa.CheckConstraint("number >= 1", name="number"),
        sa.Index("ix_limit_count_since", "since"),
    )

    key: str = Field(primary_key=True, max_length=200)
    since: datetime = Field(primary_key=True, sa_type=UtcTime)
    number: int = Field(default=1)


class Noticed(SQLModel, table=True):
    """Something about the site's own set-up that its visitors gave away, for whoever runs it."""

    __tablename__ = "noticed"

    what: str = Field(primary_key=True, max_length=80)
    at: datetime = Field(sa_type=UtcTime)
