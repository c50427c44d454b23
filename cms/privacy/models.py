"""The tables of keys, and of the doors that letters open to what somebody has sent."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime, stored_as_value
from cms.keys.keyring import KeyState
from cms.storage.dialects import partial_index

PLACE_MAX_CHARS = 300  # a host's name has 253 at most (RFC 1035, section 2.3.4)


class VaultKey(SQLModel, table=True):
    """The id of a key under which something here is or will be sealed; the key itself is never in the database."""

    __tablename__ = "vault_key"
    __table_args__ = (
        partial_index(
            "uq_vault_key_sealing",
            "state",
            unique=True,
            where="state = 'sealing'",
        ),
    )

    id: str = Field(primary_key=True, max_length=40)
    made_at: datetime = Field(sa_type=UtcTime)
    state: KeyState = Field(sa_type=stored_as_value(KeyState, "key_state"))


class Worker(SQLModel, table=True):
    """A running process that may seal: where it runs, which keys it holds (ids, apart by spaces), which one it seals with.

    A row that was not renewed for a while is of a process that ended without saying so.
    """

    __tablename__ = "worker"

    id: str = Field(primary_key=True, max_length=32)
    place: str = Field(max_length=PLACE_MAX_CHARS)
    seen_at: datetime = Field(sa_type=UtcTime)
    holds: str = Field(sa_type=sa.Text)
    seals_with: str | None = Field(default=None, max_length=40)


class MyCommentsLink(SQLModel, table=True):
    """A door to what was sent from an address: first the link in a letter to it, then, once opened, a page.

    One secret opens it at a time, of which only the hash is kept: pressing the letter's button puts the page's in
    place of the letter's, so that a link is good once.
    """

    __tablename__ = "my_comments_link"
    __table_args__ = (
        sa.Index("ix_my_comments_link_ends_at", "ends_at"),
        sa.Index("ix_my_comments_link_of", "email_fingerprint"),
    )

    id: int | None = Field(default=None, primary_key=True)
    secret_hash: str = Field(max_length=64, unique=True)
    email_fingerprint: str = Field(max_length=64)
    language: str = Field(max_length=35)
    made_at: datetime = Field(sa_type=UtcTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ends_at: datetime = Field(sa_type=UtcTime)
