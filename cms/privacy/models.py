"""The tables of keys, of the processes that hold them, and of links to somebody's own comments."""

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
    """A running process that may seal: where it runs, the ids of the keys it holds (separated by spaces), its sealing key.

    A row that has not been renewed for a while belongs to a process that ended without saying so.
    """

    __tablename__ = "worker"

    id: str = Field(primary_key=True, max_length=32)
    place: str = Field(max_length=PLACE_MAX_CHARS)
    seen_at: datetime = Field(sa_type=UtcTime)
    holds: str = Field(sa_type=sa.Text)
    seals_with: str | None = Field(default=None, max_length=40)


class MyCommentsLink(SQLModel, table=True):
    """Access to the comments sent from an address: first a link in a letter, then the page that the link opened.

    Only the hash of its secret is stored. Using the link replaces its secret by the page's, so a link works once.
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
