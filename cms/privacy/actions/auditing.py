"""Searching everything that a site keeps for the addresses that it has sealed."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

import brotli
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from cms.config import Settings
from cms.privacy.actions.workers import PRESUMED_ENDED_AFTER, processes_here
from cms.privacy.audit import Audit
from cms.privacy.dump import DumpFailed, write_dump
from cms.privacy.findings import AuditFindings, Owner
from cms.privacy.processes import PROC, running_processes
from cms.privacy.queries.kept import kept_rows, kept_tables
from cms.privacy.queries.keys import live_workers
from cms.privacy.queries.sealed import sealed_addresses
from cms.privacy.searchers import Searchers
from cms.privacy.sought import SoughtAddresses
from cms.site import Site
from cms.vault import (
    NoKey,
    SealBroken,
    normalised_address,
)


@contextlib.contextmanager
def held_open(settings: Settings) -> Iterator[dict[str, IO[bytes]]]:
    """Yield SQLite's own files beside the database, opened, by name.

    Opening a database that no other process has open folds its WAL into it and deletes the WAL, so what stood only
    there would be gone before the audit could look.
    """
    with contextlib.ExitStack() as stack:
        paths = [settings.instance / f"broadsheet.db-{end}" for end in ("wal", "shm", "journal")]
        yield {path.name: stack.enter_context(path.open("rb")) for path in paths if path.exists()}


def audit(site: Site, held: dict[str, IO[bytes]], also: Sequence[Path], now: datetime) -> AuditFindings:
    """Search everything that the site keeps or runs, and the folders `also`, for every address that its keys unseal.

    Closes the database. Raises NoKey where the site's key is missing.
    """
    owners, addresses, not_unsealed = _addresses_of(site)
    sought = SoughtAddresses(addresses)
    findings = AuditFindings(owners, not_unsealed=not_unsealed)
    findings.searched.addresses = len(sought)
    if len(sought) < len(addresses):
        findings.not_searched[f"{len(addresses) - len(sought)} sealed values"] = "they are no addresses"
    with Searchers(addresses, sought) as searchers:
        search = Audit(sought, findings, brotli.Decompressor, searchers)
        _search_settings(search, site.settings)
        _search_processes(search, site, now)
        _search_tables(search, site)
        # Closed before its file is read: a process that closes the file loses its locks on the database.
        site.database.close()
        if not site.database.is_sqlite:
            _search_dump(search, site.settings)
        for name, stream in held.items():
            search.leave_out(stream)
            search.search_stream(name, stream)
        for folder in (site.settings.instance, *also):
            search.search_folder(folder.absolute(), site.settings.keys_folder)
        searchers.finish()
    return findings


def _addresses_of(site: Site) -> tuple[list[list[Owner]], list[str], int]:
    """Return the owners of each address, each address as typed, and how many could not be unsealed."""
    owners: dict[str, list[Owner]] = {}
    typed: dict[str, str] = {}
    not_unsealed = 0
    with site.database.reading() as session:
        for row in sealed_addresses(session):
            try:
                address = site.vault.unseal(row.sealed, table=row.table, mark=row.mark).strip()
            except (NoKey, SealBroken):
                not_unsealed += 1
            else:
                owners.setdefault(normalised_address(address), []).append(Owner(row.table, row.id, row.mark))
                typed.setdefault(normalised_address(address), address)
    return list(owners.values()), list(typed.values()), not_unsealed


def _search_settings(search: Audit, settings: Settings) -> None:
    """Note the addresses in the operator's own settings, as written in a file and in an environment variable."""
    for name in ("contact", "mail_from", "smtp_user"):
        value = getattr(settings, name)
        search.search_words(f"the setting {name}", f'{name} = "{value}"')
        search.search_words(f"the setting {name}", f"CMS_{name.upper()}={value}\0")


def _search_processes(search: Audit, site: Site, now: datetime) -> None:
    if not PROC.is_dir():
        search.findings.not_searched["running processes"] = "this system has no /proc"
        return
    with site.database.reading() as session:
        here = processes_here(live_workers(session, now - PRESUMED_ENDED_AFTER))
    for process in running_processes(site.settings.instance, here):
        search.findings.searched.processes += 1
        search.search_process(f"process {process.pid}, its environment", process.environment)
        search.search_process(f"process {process.pid}, its arguments", process.arguments)


def _search_tables(search: Audit, site: Site) -> None:
    with site.database.reading() as session:
        for table in kept_tables(session):
            try:
                with session.begin_nested():
                    search.search_table(table.name, table.columns, kept_rows(session, table))
            except DatabaseError as error:
                search.findings.not_searched[f"table {table.name}"] = type(error.orig).__name__


def _search_dump(search: Audit, settings: Settings) -> None:
    url = sa.make_url(settings.sqlalchemy_url)
    connection = {
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
            write_dump({name: str(value) for name, value in connection.items() if value}, held)
            search.search_stream("pg_dump", held)
    except DumpFailed as reason:
        search.findings.not_searched["pg_dump"] = str(reason)
