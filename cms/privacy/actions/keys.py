"""Opening a site's keys, and making new ones."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from cms.config import Settings
from cms.db import Database
from cms.keys.keyring import Keyring, KeyState, KnownKey
from cms.keys.sources import KeySource, key_text, make_key, open_source
from cms.privacy import writes
from cms.privacy.queries.keys import known_keys
from cms.site import Site
from cms.vault import KeyRefused


def open_keys(database: Database, settings: Settings, now: datetime) -> Keyring:
    """Return the site's keys; makes the first one at the very first start.

    The keyring has no vault where a key that the database knows is missing. A database that has a key never gets
    another by itself: a second host that quietly sealed under a key of its own would lose addresses for ever.
    Raises KeyRefused for a key that cannot be used, or where the operator's own key source gives none.
    """
    source = open_source(settings)
    with database.reading() as session:
        known = known_keys(session)
    if not known:
        _first_key(database, source, now)
    keyring = Keyring(source, lambda: _known(database))
    keyring.look()
    return keyring


def new_key(site: Site, now: datetime) -> str:
    """Make a new key for a database whose own is lost; return its id.

    Values sealed under keys that are still here stay readable, and `rotate()` seals them under the new key.
    Raises KeyRefused where the operator's own key source does not provide a new key.
    """
    keys = site.keyring.source.read()
    folder = site.keyring.source.folder
    with site.database.writing() as session:
        known = known_keys(session, for_update=True)
        for key in known:
            if key.id in keys:
                writes.set_key_state(session, key.id, KeyState.LEAVING)
            else:
                writes.forget_key(session, key.id)
        if folder is not None:
            kept = [keys[key.id] for key in known if key.id in keys]
            key_id = make_key(folder, now.strftime("%Y%m%d"), kept[-1].successor() if kept else None)
        else:
            key_id = unknown_key(site.keyring, "64 hexadecimal digits on a line of their own are one.")
        writes.remember_key(session, key_id, KeyState.SEALING, now)
        session.commit()
    site.keyring.look()
    return key_id


def next_key_text(site: Site) -> str:
    """Return the text of a successor to the present key, for the operator to put into her own key source."""
    return key_text(site.keyring.source.read()[site.vault.current].successor())


def unknown_key(keyring: Keyring, how: str) -> str:
    """Return the id of a key that the source provides and the database does not know.

    Raises KeyRefused where there is none; `how` says where to get one.
    """
    known = {key.id for key in keyring.held.known}
    for key_id in keyring.source.read():
        if key_id not in known:
            return key_id
    raise KeyRefused(f"A new key has to come from {keyring.source.title}. {how}")


def _first_key(database: Database, source: KeySource, now: datetime) -> None:
    given = source.read()
    with database.writing() as session:
        if known_keys(session, for_update=True):
            return
        if source.folder is None:
            key_id = next(iter(given))  # a source of the operator's refuses to give none
        else:
            key_id = max(given) if given else make_key(source.folder, now.strftime("%Y%m%d"))
        writes.remember_key(session, key_id, KeyState.SEALING, now)
        session.commit()


def _known(database: Database) -> Sequence[KnownKey] | None:
    """Return the database's keys, or None where it does not answer: then nothing can be stored anyway."""
    try:
        with database.reading() as session:
            return known_keys(session)
    except SQLAlchemyError:
        return None
