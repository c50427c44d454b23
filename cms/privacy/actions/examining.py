"""Telling what is well with a site and what is not."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from cms import db
from cms.config import Settings
from cms.privacy.queries.keys import known_keys
from cms.vault import (
    KeyRefused,
    key_ids,
    open_vault,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an examination found, with what to do where it is not well."""

    is_well: bool
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """Return what is well with a site and what is not."""
    database = db.open_database(settings)
    try:
        if database.is_sqlite:
            db.migrate(settings)
        if not db.is_current(database):
            return [Finding(False, "The database is not at the newest schema. Run `cms migrate`.")]
        with database.reading() as session:
            known = known_keys(session)
    except DatabaseError as error:
        return [Finding(False, f"The database cannot be used: {str(error.orig).splitlines()[0]}")]
    finally:
        database.close()
    return [
        Finding(True, "The database answers and is at the newest schema."),
        _keys_finding(settings.keys_folder, known),
        _address_finding(settings),
        _limits_finding(settings),
    ]


def _keys_finding(folder: Path, known: tuple[str, ...]) -> Finding:
    try:
        vault = open_vault(folder, known)
    except KeyRefused as error:
        return Finding(False, str(error))
    if not known:
        return Finding(True, "No key was made yet; the first start makes it.")
    if vault is None:
        missing = ", ".join(sorted(set(known) - set(key_ids(folder))))
        restore = f"Restore it from your backup into {folder}; the site serves reading only until then."
        return Finding(False, f"The key {missing} is missing. {restore}")
    return Finding(True, "Every key that the database knows is here, and nobody else can read it.")


def _address_finding(settings: Settings) -> Finding:
    if settings.base_url == Settings.base_url_default():
        return Finding(True, "base_url is not set: fine on this machine, to be set before readers come.")
    if not settings.secure_cookies:
        return Finding(
            True, f"base_url is {settings.base_url}: staff passwords travel unencrypted without https."
        )
    return Finding(True, f"base_url is {settings.base_url}.")


def _limits_finding(settings: Settings) -> Finding:
    if settings.rate_limits:
        return Finding(True, "Rate limits are on.")
    return Finding(False, "Rate limits are off. Take CMS_RATE_LIMITS=off away before readers come.")
