"""The command that makes and serves a demonstration newspaper."""

import os
import secrets
import shutil
from pathlib import Path

import click

from cms import now_utc, open_site
from cms.accounts.actions import change_password
from cms.accounts.queries import staff_with
from cms.accounts.rules import Role
from cms.cli import (
    DEFAULT_BIND,
    address_at,
    host_and_port,
    refuse,
    refuse_taken_port,
    serve_site,
    settings_or_exit,
)
from cms.config import Settings, load_settings
from cms.exchange.actions.demo import STAFF, make_demo
from cms.exchange.demo_files import newspaper

READY = "config.toml"  # written last: a folder without it is one whose making was cut short


@click.command()
@click.option("--bind", default=DEFAULT_BIND, show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def demo(bind: str, workers: int) -> None:
    """Serve a demonstration newspaper of its own, apart from the real site."""
    host, port = host_and_port(bind)
    refuse_taken_port(host, port)
    folder = settings_or_exit().instance / "demo"
    base_url = address_at(host, port)
    if not (folder / READY).exists():
        _make(folder, base_url)
    passwords = _fresh_passwords(_settings(folder, base_url))
    _say_where(base_url, passwords)
    os.environ.update(CMS_INSTANCE=str(folder), CMS_BASE_URL=base_url)
    os.environ.pop("CMS_DATABASE_URL", None)
    serve_site(host, port, workers)


def _settings(folder: Path, base_url: str, **others: str) -> Settings:
    return load_settings({}, instance=folder, base_url=base_url, **others)


def _make(folder: Path, base_url: str) -> None:
    if folder.exists() and not (folder / ".demo").exists() and any(folder.iterdir()):
        refuse(f"{folder} holds something that no demonstration has made. Move it away first.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / ".demo").touch()
    click.echo("Printing the demonstration newspaper …")
    # NORMAL while nobody reads: a power cut now only means to begin again.
    site = open_site(_settings(folder, base_url, sqlite_synchronous="NORMAL"))
    make_demo(site, {role: secrets.token_urlsafe(16) for role in STAFF}, now_utc())
    site.database.close()
    paper = newspaper()
    lines = [
        f"{name} = {_toml(paper[key])}"
        for name, key in (("site_name", "name"), ("tagline", "tagline"), ("language", "language"))
    ]
    (folder / READY).write_text("\n".join(lines) + "\n", "utf-8")


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _fresh_passwords(settings: Settings) -> dict[Role, str]:
    """Give the three of the demonstration new passwords, so that none lies in a file."""
    site = open_site(settings)
    passwords = {role: secrets.token_urlsafe(12) for role in STAFF}
    for role, (_, email) in STAFF.items():
        with site.database.reading() as session:
            staff_id = staff_with(session, site.vault.fingerprint(email))
        if staff_id is not None:
            change_password(site, staff_id, passwords[role], now_utc())
    site.database.close()
    return passwords


def _say_where(base_url: str, passwords: dict[Role, str]) -> None:
    click.echo(f"\n  Read it:      {base_url}/")
    click.echo(f"  Moderate it:  {base_url}/moderation/")
    click.echo(f"  Write for it: {base_url}/desk/\n")
    click.echo("  Sign in as")
    for role, (_, email) in STAFF.items():
        click.echo(f"    {role:<10} {email:<18} {passwords[role]}")
    click.echo("\n  Ctrl-C ends it; the next `cms demo` finds it as you left it, with new passwords.\n")
