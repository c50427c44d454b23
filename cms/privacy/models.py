"""The tables of keys: what the database knows of what seals its addresses, and who holds it."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime, stored_as_value
from cms.keyring import KeyState

PLACE_MAX_CHARS = 300  # a host's name has 253 at most (RFC 1035, section 2.3.4)


class VaultKey(SQLModel, table=True):
    """The id of a key under which something here is or will be sealed; the key itself is never in the database."""

    __tablename__ = "vault_key"
    __table_args__ = (
        sa.Index(
            "uq_vault_key_sealing",
            "state",
            unique=True,
            sqlite_where=sa.text("state = 'sealing'"),
            postgresql_where=sa.text("state = 'sealing'"),
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
