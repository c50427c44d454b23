"""The tables of staff and of their sessions."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.accounts.rules import Role
from cms.db import UtcTime, stored_as_value


class Staff(SQLModel, table=True):
    """Someone who works here; the e-mail address is sealed, as every address is."""

    __tablename__ = "staff"
    __table_args__ = (sa.CheckConstraint("name <> ''", name="named"),)

    id: int | None = Field(default=None, primary_key=True)
    mark: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=200)
    email_sealed: str = Field(max_length=2000)
    email_fingerprint: str = Field(max_length=64, unique=True)
    role: Role = Field(sa_type=stored_as_value(Role, "staff_role"))
    password_hash: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UtcTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcTime)


class StaffSession(SQLModel, table=True):
    """One browser in which someone of staff is signed in; only the hash of its secret is kept."""

    __tablename__ = "staff_session"
    __table_args__ = (sa.Index("ix_staff_session_staff", "staff_id"),)

    id: int | None = Field(default=None, primary_key=True)
    secret_hash: str = Field(max_length=64, unique=True)
    staff_id: int = Field(foreign_key="staff.id")
    created_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
