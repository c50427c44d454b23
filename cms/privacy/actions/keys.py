"""Opening and making what a site's privacy hangs on: its keys."""

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
    """Return the site's keys, made at the very first start; without a vault where the database knows one that is not here.

    A database without any key takes the one that the source gives, or a new one. One that has a key never gets
    another by itself: a second host that quietly sealed under its own would lose addresses for ever.
    Raises KeyRefused for a key that cannot be used, or where a source of the operator's gives none.
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
    """Make a key by hand, for a database whose own is lost; return its id.

    What was sealed under keys that are still here can be read on, and `rotate()` seals it under the new one.
    A source of the operator's must give the new key itself: raises KeyRefused where it does not.
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
    """Return the text of a key that could follow the present one, for an operator's own store; nothing is changed."""
    return key_text(site.keyring.source.read()[site.vault.current].successor())


def unknown_key(keyring: Keyring, how: str) -> str:
    """Return the id of a key that the source gives and the database does not know.

    Raises KeyRefused where there is none, with `how` it can be had.
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
