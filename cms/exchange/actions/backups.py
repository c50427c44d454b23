"""Taking a backup of a site while it serves, and putting one in its place."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy.exc import SQLAlchemyError

from cms import db
from cms.assets import Assets
from cms.config import Settings, load_settings
from cms.exchange import writes
from cms.exchange.backup_file import CONFIG, DATABASE, MEDIA, BackupRefused, Contents, fits, pack, unpack
from cms.languages import Catalogue
from cms.pages.queries import newest_change
from cms.pages.writes import bump_all
from cms.privacy.actions import erasing, keys
from cms.sense import SettingsRefused
from cms.site import Site
from cms.storage.sqlite_copies import NotSound, copy_database, put_in_place, revision_of, settle

MARGIN = 100_000  # changes that a serving site makes while it is looked at and replaced; a busy one makes 100 a second


class RestoreRefused(Exception):
    """A backup cannot be restored over what is there; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: when the backup was made, how many comments were erased again, where a damaged file went."""

    made_at: datetime
    erased_again: int
    has_key: bool
    set_aside: Path | None


def back_up(site: Site, target: Path, now: datetime) -> Contents:
    """Write the site's database, pictures and config.toml into the new file `target`; keys are no part of it.

    Its readers and writers do not wait. What a restored site should not have again is left out: the day's salt,
    sessions, links of letters that are still good, and letters that wait, since by then they were sent.
    Raises FileExistsError, OSError and sqlite3.Error; then nothing is left behind.
    """
    if target.exists():
        raise FileExistsError(target)
    with _folder(Path(tempfile.mkdtemp(prefix=".backup-", dir=target.parent))) as folder:
        copy_database(site.settings.instance / DATABASE, folder / DATABASE)
        database = db.open_database(replace(site.settings, instance=folder))
        try:
            with database.writing() as session:
                writes.leave_out_of_backup(session)
                session.commit()
        finally:
            database.close()
        settle(folder / DATABASE)
        contents = pack(folder / "packed", _files(site.settings, folder / DATABASE), now)
        (folder / "packed").replace(target)
    return contents


def restore(settings: Settings, source: IO[bytes], now: datetime, *, over: bool) -> Restored:
    """Put a backup in the place of what is in the instance folder, which must be empty unless `over`.

    The backup is unpacked, checked, migrated to the newest schema and freed of what was erased since, before anything
    that is there is touched. Then the database is replaced atomically, also under a site that serves.
    Raises BackupRefused, RestoreRefused, OSError, sqlite3.Error, SQLAlchemyError; then nothing has changed.
    """
    settings.instance.mkdir(parents=True, exist_ok=True)
    if not over and (there := _there(settings)):
        raise RestoreRefused(
            f"{settings.instance} holds a site ({', '.join(there)}). To put the backup in its place, say --over."
        )
    staged = settings.instance / ".restore"
    try:
        staged.mkdir(mode=0o700)
    except FileExistsError:
        raise RestoreRefused(
            f"Another restore is under way. If it was cut off, remove {staged} first."
        ) from None
    with _folder(staged):
        contents = unpack(source, staged)
        _check_config(staged)
        erased_again, has_key = _brought_up_to_date(settings, staged, now)
        set_aside = put_in_place(staged / DATABASE, settings.instance / DATABASE)
        _move_files(staged, settings)
    return Restored(contents.made_at, erased_again, has_key, set_aside)


@contextmanager
def _folder(folder: Path) -> Iterator[Path]:
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _files(settings: Settings, database: Path) -> Iterator[tuple[str, Path]]:
    """Return what goes into a backup; pictures after the database, so that none that it names is missing."""
    yield DATABASE, database
    if (config := settings.instance / CONFIG).is_file():
        yield CONFIG, config
    for path in sorted(settings.media_folder.rglob("*")):
        name = f"{MEDIA}/{path.relative_to(settings.media_folder).as_posix()}"
        if path.is_file() and not path.is_symlink() and fits(name):
            yield name, path


def _there(settings: Settings) -> list[str]:
    names = [name for name in (DATABASE, CONFIG) if (settings.instance / name).exists()]
    return [*names, MEDIA] if any(settings.media_folder.glob("*")) else names


def _check_config(staged: Path) -> None:
    try:
        load_settings({}, instance=staged)
    except SettingsRefused as reason:
        raise BackupRefused(f"its settings cannot be used: {reason}") from reason


def _brought_up_to_date(settings: Settings, staged: Path, now: datetime) -> tuple[int, bool]:
    """Migrate the unpacked database and erase again; return how many comments were erased, and whether its key is here."""
    here = replace(settings, instance=staged)
    try:
        if revision_of(staged / DATABASE) not in db.revisions():
            raise BackupRefused("it was made by a newer Broadsheet")
    except NotSound as reason:
        raise BackupRefused(str(reason)) from reason
    db.migrate(here)
    database = db.open_database(here)
    try:
        keyring = keys.open_keys(database, settings, now)
        site = Site(settings, database, keyring, Catalogue({}), Assets({}))
        erased_again = erasing.replay(site, now)
        with database.writing() as session:
            bump_all(session, beyond=_newest_change(settings) + MARGIN)
            session.commit()
    finally:
        database.close()
    settle(staged / DATABASE)
    return erased_again, keyring.vault is not None


def _newest_change(settings: Settings) -> int:
    """Return the number of the last change of the present site, 0 if there is none or it cannot be read."""
    if not (settings.instance / DATABASE).exists():
        return 0
    database = db.open_database(settings)
    try:
        with database.reading() as session:
            return newest_change(session)
    except SQLAlchemyError:
        return 0
    finally:
        database.close()


def _move_files(staged: Path, settings: Settings) -> None:
    """Put pictures and settings where the site looks for them; only names change, for which a full disk has room."""
    if settings.media_folder.exists():
        settings.media_folder.rename(staged / f"{MEDIA}.before")
    if (staged / MEDIA).exists():
        (staged / MEDIA).rename(settings.media_folder)
    if (staged / CONFIG).exists():
        (staged / CONFIG).replace(settings.instance / CONFIG)
