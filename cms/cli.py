"""The `cms` command, which collects every feature's commands and imports each only when it is asked for."""

import importlib
import sys
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from cms.config import Settings
    from cms.site import Site

COMMANDS = {
    "demo": ("cms.exchange.commands:demo", "Serve a demonstration newspaper of its own."),
    "serve": ("cms.serve:serve", "Serve the site."),
    "migrate": ("cms.privacy.commands:migrate", "Bring the database to the newest schema."),
    "doctor": ("cms.privacy.commands:doctor", "Look whether all is well, and say what to do where it is not."),
    "staff": ("cms.accounts.commands:staff", "Add, list and disable staff."),
    "import": ("cms.exchange.commands:import_group", "Bring in a site from elsewhere."),
    "privacy": ("cms.privacy.commands:privacy", "Look after keys and addresses."),
    "comments": ("cms.comments.commands:comments", "Look after stored comments."),
}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.command(cls=LazyGroup)
@click.version_option(package_name="broadsheet")
def main() -> None:
    """Broadsheet, a newspaper whose readers can answer back."""


def refuse(sentence: str) -> NoReturn:
    """Say in one line why a command does nothing, and exit with status 1."""
    click.echo(sentence, err=True)
    sys.exit(1)


def open_site_or_exit(*, needs_key: bool = False) -> "Site":
    """Return the site of the settings in force; where it cannot be opened, say why in one line and exit."""
    from sqlalchemy.exc import OperationalError

    from cms import open_site
    from cms.config import SettingsRefused, load_settings
    from cms.vault import KeyRefused

    try:
        settings = load_settings()
        if settings.database_url and not _is_migrated(settings):
            refuse("The database is not at this program's schema: run `cms migrate`.")
        site = open_site(settings)
    except (SettingsRefused, KeyRefused) as error:
        refuse(str(error))
    except OperationalError as error:
        refuse(f"The database does not answer: {str(error.orig).splitlines()[0]}")
    except OSError as error:
        refuse(f"The site's folder cannot be used: {error}")
    if needs_key and site.keys is None:
        refuse("The site's key is missing, so nothing can be sealed. Run `cms doctor`.")
    return site


def _is_migrated(settings: "Settings") -> bool:
    from cms import db

    database = db.open_database(settings)
    try:
        return db.is_current(database)
    finally:
        database.close()


if __name__ == "__main__":
    main()
