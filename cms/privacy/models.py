"""The table of keys: what the database knows of what seals its addresses."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from cms.db import UtcTime


class VaultKey(SQLModel, table=True):
    """The id of a key under which something here is sealed; the key itself is never in the database."""

    __tablename__ = "vault_key"

    id: str = Field(primary_key=True, max_length=40)
    made_at: datetime = Field(sa_type=UtcTime)
