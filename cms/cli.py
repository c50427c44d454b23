"""The `cms` command, which collects every feature's commands and imports each only when it is asked for."""

import importlib
import os
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from cms.config import Settings, load_settings, slips
from cms.sense import SettingsRefused

if TYPE_CHECKING:
    from cms.front import Front
    from cms.site import Site

COMMANDS = {
    "demo": ("cms.exchange.commands.demo:demo", "Serve a demonstration newspaper of its own."),
    "serve": ("cms.cli:serve", "Serve the site."),
    "migrate": ("cms.cli:migrate", "Bring the database to the newest schema."),
    "doctor": ("cms.privacy.commands:doctor", "Say whether all is well, and what to do where it is not."),
    "staff": ("cms.accounts.commands:staff", "Add, list and disable staff."),
    "import": ("cms.exchange.commands.wordpress:import_group", "Bring in a site from elsewhere."),
    "export": ("cms.exchange.commands.exports:export_group", "Take the site out, as WordPress does."),
    "backup": ("cms.exchange.commands.backups:backup", "Write the site into one file while it serves."),
    "restore": ("cms.exchange.commands.backups:restore", "Put such a file in the site's place."),
    "privacy": ("cms.privacy.commands:privacy", "Look after the keys under which addresses are sealed."),
    "deploy": ("cms.pages.commands:deploy", "Print a configuration for nginx, Caddy or systemd."),
    "bake": ("cms.cli:bake", "Make public pages as files for a proxy to serve."),
    "pictures": ("cms.pictures.commands:pictures", "Make the copies of pictures that phones get."),
    "comments": ("cms.comments.commands:comments", "Look after stored comments."),
}
DEFAULT_BIND = "127.0.0.1:8000"


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run: `cms serve` needs none of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; refuse in one line where a file is forbidden or a database does not work."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # who reads what is printed has seen enough, which click knows how to end
            raise
        except OSError as error:
            if error.strerror is None:
                raise
            refuse(f"{error.filename or 'A file'} cannot be used: {error.strerror}.")
        except Exception as error:
            from cms.storage.outages import for_operator, is_outage

            if not is_outage(error):
                raise
            refuse(for_operator(error))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.command(cls=LazyGroup)
@click.version_option(package_name="broadsheet")
def main() -> None:
    """Broadsheet, a newspaper whose readers can answer back."""
    for sentence in slips(os.environ):
        click.echo(sentence, err=True)


@click.command()
@click.option("--bind", default=DEFAULT_BIND, show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def serve(bind: str, workers: int) -> None:
    """Serve the site."""
    host, port = host_and_port(bind)
    refuse_taken_port(host, port)
    serve_site(host, port, workers)


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from sqlalchemy.exc import OperationalError

    from cms import db
    from cms.storage.outages import for_operator

    try:
        db.migrate(settings_or_exit())
    except OperationalError as error:
        refuse(for_operator(error))
    click.echo("The database is at the newest schema.")


@click.command()
def bake() -> None:
    """Make the newest public pages as files in `bake_folder`, as far as they are not there."""
    from cms import create_app, now_utc
    from cms.pages.views.baking import open_baker

    site = open_site_or_exit()
    baker = open_baker(site, create_app(site), now_utc)
    if baker is None:
        refuse(
            "No page is baked here: set bake_folder, then `cms deploy nginx` prints how nginx serves what lies there."
        )
    click.echo(f"Baked: {baker.bake_all()}.")
    baker.stop()


def serve_site(host: str, port: int, workers: int) -> NoReturn:
    """Let the server take this process's place until a signal ends it; a worker that dies is replaced.

    Whatever a command has imported the workers' parent would hold as long as they live: 3 MB, a demonstration's 70.
    """
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # this program again, wherever it was found
    os.execv(sys.executable, [sys.executable, "-P", "-m", "cms.serving", host, str(port), str(workers)])  # noqa: S606


def prepare(host: str, port: int) -> "Front":
    """Return what workers that will be forked serve, or refuse in one line what would make each of them fail.

    Where nobody has set `base_url`, the address that is served becomes it: links and the same-origin guard need it.
    """
    if settings_or_exit().base_url == Settings.base_url_default():
        os.environ["CMS_BASE_URL"] = address_at(host, port)
    site = open_site_or_exit()
    from cms.front import app

    app.prepare(site)
    if site.vault_or_none is None:
        click.echo("The site's key is missing: it can be read, and nothing sent. Run `cms doctor`.", err=True)
    click.echo(f"{site.settings.site_name} is at {site.settings.base_url} — Ctrl-C ends it.")
    return app


def refuse_taken_port(host: str, port: int) -> None:
    """Refuse, in one line and before anything is opened, a port on which somebody listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # A port that an ended server has just left is free again; one that is listened on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            refuse(f"{host}:{port} cannot be served: {error.strerror}.")


def host_and_port(bind: str) -> tuple[str, int]:
    """Return the two parts of HOST:PORT. Raises click.BadParameter for anything else."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise click.BadParameter(f"{bind!r} is not HOST:PORT", param_hint="--bind")
    return host.strip("[]"), int(port)


def address_at(host: str, port: int) -> str:
    """Return the web address of what is served at `host` and `port`; of any address, this machine's own."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  # asked for by the operator
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def settings_or_exit() -> Settings:
    """Return the settings in force; exit with status 1 and one line where one cannot be used."""
    try:
        return load_settings()
    except SettingsRefused as error:
        refuse(str(error))


def open_site_or_exit(*, needs_key: bool = False) -> "Site":
    """Return the open site; exit with status 1 and one line where it cannot be opened."""
    from sqlalchemy.exc import DatabaseError

    from cms import open_site
    from cms.storage.outages import for_operator
    from cms.vault import KeyRefused

    settings = settings_or_exit()
    try:
        if settings.database_url and not _is_current(settings):
            refuse("The database is not at the newest schema. Run `cms migrate`.")
        site = open_site(settings)
        if context := click.get_current_context(silent=True):  # the server is not asked for by one
            context.call_on_close(site.database.close)
    except KeyRefused as error:
        refuse(str(error))
    except DatabaseError as error:
        refuse(for_operator(error))
    except OSError as error:
        refuse(f"The instance folder {settings.instance} cannot be used: {error.strerror}.")
    if needs_key and site.vault_or_none is None:
        refuse("The site's key is missing, so nothing can be sealed or found. Run `cms doctor`.")
    return site


def _is_current(settings: Settings) -> bool:
    from cms import db

    database = db.open_database(settings)
    try:
        return db.is_current(database)
    finally:
        database.close()


def refuse(sentence: str) -> NoReturn:
    """Print one line on standard error and exit with status 1."""
    click.echo(sentence, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
