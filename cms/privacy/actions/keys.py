"""Opening and making what a site's privacy hangs on: its keys."""

from datetime import datetime
from pathlib import Path

from cms.db import Database
from cms.privacy import writes
from cms.privacy.queries.keys import known_keys
from cms.vault import (
    Vault,
    key_ids,
    make_key,
    open_vault,
)


def open_keys(database: Database, folder: Path, now: datetime) -> Vault | None:
    """Return the site's keys, made at the very first start; None where the database knows a key that is not here.

    A database without any key takes the one that lies in the folder, or a new one. One that has a key never gets
    another by itself: a second host that quietly sealed under its own would lose addresses for ever.
    """
    with database.reading() as session:
        known = known_keys(session)
    if not known:
        known = _first_key(database, folder, now)
    return open_vault(folder, known)


def new_key(database: Database, folder: Path, now: datetime) -> str:
    """Make a key by hand, for a database whose own is lost; return its id."""
    key_id = make_key(folder, now.strftime("%Y%m%d"))
    with database.writing() as session:
        writes.forget_keys(session)
        writes.remember_key(session, key_id, now)
        session.commit()
    return key_id


def _first_key(database: Database, folder: Path, now: datetime) -> tuple[str, ...]:
    with database.writing() as session:
        known = known_keys(session, for_update=True)
        if not known:
            lying = key_ids(folder)
            known = (lying[-1] if lying else make_key(folder, now.strftime("%Y%m%d")),)
            writes.remember_key(session, known[0], now)
            session.commit()
    return known
