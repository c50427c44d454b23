"""Opening, making and examining what a site's privacy hangs on."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import brotli
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from cms import db
from cms.config import Settings
from cms.db import Database
from cms.privacy import queries, writes
from cms.privacy.audit import Audit
from cms.privacy.dump import NoDump, dumped
from cms.privacy.findings import Findings, Owner
from cms.privacy.sought import Sought
from cms.site import Site
from cms.vault import (
    KeyRefused,
    NoKey,
    SealBroken,
    Vault,
    key_ids,
    make_key,
    normalised_address,
    open_vault,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an examination found, with what to do where it is not well."""

    is_well: bool
    sentence: str


def open_keys(database: Database, folder: Path, now: datetime) -> Vault | None:
    """Return the site's keys, made at the very first start; None where the database knows a key that is not here.

    A database without any key takes the one that lies in the folder, or a new one. One that has a key never gets
    another by itself: a second host that quietly sealed under its own would lose addresses for ever.
    """
    with database.reading() as session:
        known = queries.known_keys(session)
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


def examine(settings: Settings) -> list[Finding]:
    """Return what is well with a site and what is not."""
    database = db.open_database(settings)
    try:
        if database.is_sqlite:
            db.migrate(settings)
        if not db.is_current(database):
            return [Finding(False, "The database is not at the newest schema. Run `cms migrate`.")]
        with database.reading() as session:
            known = queries.known_keys(session)
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


@contextlib.contextmanager
def held_open(settings: Settings) -> Iterator[dict[str, IO[bytes]]]:
    """Hold SQLite's own files beside the database open, by name.

    Whoever opens a database of which nobody else has hold makes it take its WAL in and delete it: what stood there
    alone would be gone before an audit could look.
    """
    with contextlib.ExitStack() as stack:
        paths = [settings.instance / f"broadsheet.db-{end}" for end in ("wal", "shm", "journal")]
        yield {path.name: stack.enter_context(path.open("rb")) for path in paths if path.exists()}


def audit(site: Site, held: dict[str, IO[bytes]], also: Sequence[Path]) -> Findings:
    """Search everything that the site keeps, and the folders `also`, for every address that its keys unseal.

    Closes the database. Raises NoKey where the site's key is missing.
    """
    with site.database.reading() as session:
        search = _search_of(site, session)
        for table in queries.kept_tables(session):
            try:
                with session.begin_nested():
                    search.search_table(table.name, table.columns, queries.kept_rows(session, table))
            except DatabaseError as error:
                search.findings.not_searched[f"table {table.name}"] = type(error.orig).__name__
    # Closed before its file is read: a process that closes the file loses its locks on the database.
    site.database.close()
    if not site.database.is_sqlite:
        _search_dump(search, site.settings)
    for name, stream in held.items():
        search.leave_out(stream)
        search.search_stream(name, stream)
    for folder in (site.settings.instance, *also):
        search.search_folder(folder.absolute(), site.settings.keys_folder)
    return search.findings


def _search_of(site: Site, session: Session) -> Audit:
    owners: dict[str, list[Owner]] = {}
    typed: dict[str, str] = {}
    not_unsealed = 0
    for row in queries.sealed_addresses(session):
        try:
            address = site.vault.unseal(row.sealed, table=row.table, mark=row.mark).strip()
        except (NoKey, SealBroken):
            not_unsealed += 1
        else:
            owners.setdefault(normalised_address(address), []).append(Owner(row.table, row.id, row.mark))
            typed.setdefault(normalised_address(address), address)
    sought, findings = Sought(typed.values()), Findings(list(owners.values()), not_unsealed=not_unsealed)
    findings.searched.addresses = len(sought)
    if len(sought) < len(typed):
        findings.not_searched[f"{len(typed) - len(sought)} sealed values"] = "they are no addresses"
    search = Audit(sought, findings, brotli.Decompressor)
    search.search_words("the setting contact", f'contact = "{site.settings.contact}"')
    return search


def _search_dump(search: Audit, settings: Settings) -> None:
    url = sa.make_url(settings.sqlalchemy_url)
    told = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        **{f"PG{key.upper()}": value for key, value in url.query.items() if key.startswith("ssl")},
    }
    kept = "what PostgreSQL keeps of dead rows, and its write-ahead log"
    search.findings.not_searched[kept] = (
        "no program but the server reads them; VACUUM FULL takes dead rows away"
    )
    try:
        with tempfile.TemporaryFile() as held:
            dumped({name: str(value) for name, value in told.items() if value}, held)
            search.search_stream("pg_dump", held)
    except NoDump as reason:
        search.findings.not_searched["pg_dump"] = str(reason)


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


def _first_key(database: Database, folder: Path, now: datetime) -> tuple[str, ...]:
    with database.writing() as session:
        known = queries.known_keys(session, for_update=True)
        if not known:
            lying = key_ids(folder)
            known = (lying[-1] if lying else make_key(folder, now.strftime("%Y%m%d")),)
            writes.remember_key(session, known[0], now)
            session.commit()
    return known
