"""The commands that take a backup and put one in place."""

import sqlite3
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from cms import now_utc
from cms.cli import open_site_or_exit, refuse, settings_or_exit
from cms.exchange.actions.backups import RestoreRefused, back_up
from cms.exchange.actions.backups import restore as restore_site
from cms.exchange.backup_file import BackupRefused
from cms.vault import KeyRefused

POSTGRESQL = (
    "This site's database is PostgreSQL, whose own program does it: pg_dump --exclude-table-data=daily_salt"
    " writes it out, psql reads it in; media/ and config.toml are copied beside it."
)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write database, pictures and settings into FILE (.tar.gz) while the site serves; the keys stay out of it."""
    if settings_or_exit().database_url:
        refuse(POSTGRESQL)
    site = open_site_or_exit()
    try:
        contents = back_up(site, file, now_utc())
    except FileExistsError:
        refuse(f"{file} is there already. Nothing was written.")
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        refuse(f"The backup could not be written: {_why(error)}. Nothing is left of it.")
    size = sum(size for size, _ in contents.files.values())
    click.echo(f"{file} is written: {size:,} bytes unpacked.")
    click.echo(f"Keep {site.settings.keys_folder} apart from it: who has both has the addresses.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--over", is_flag=True, help="Put it in the place of the site that is there.")
def restore(file: Path, over: bool) -> None:
    """Put what `cms backup` wrote into FILE in place, also under a site that serves; nothing is touched before it is checked."""
    settings = settings_or_exit()
    if settings.database_url:
        refuse(POSTGRESQL)
    try:
        with file.open("rb") as source:
            done = restore_site(settings, source, now_utc(), over=over)
    except BackupRefused as reason:
        refuse(f"{file} cannot be restored: {reason}. Nothing was changed.")
    except (RestoreRefused, KeyRefused) as reason:
        refuse(str(reason))
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        refuse(f"The backup could not be put in place: {_why(error)}. Nothing was changed.")
    click.echo(f"The site is as it was at {done.made_at:%Y-%m-%d %H:%M} UTC. Staff sign in anew.")
    if done.erased_again:
        click.echo(f"{done.erased_again:,} comments that were erased since stay erased.")
    if done.set_aside:
        click.echo(f"The damaged database lies in {done.set_aside}. Restart the server, then remove it.")
    if not done.has_key:
        click.echo(
            f"Its key is not in {settings.keys_folder}: put that folder back, too. Until then it can only be read."
        )
    click.echo("Restart the server if config.toml was another.")


def _why(error: Exception) -> str:
    told = getattr(error, "orig", None) or error
    return str(getattr(told, "strerror", "") or told).splitlines()[0]
