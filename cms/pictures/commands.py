"""The command that looks after pictures."""

import click

from cms.cli import settings_or_exit
from cms.pictures.actions.narrower_copies import put_missing_copies


@click.command()
def pictures() -> None:
    """Make the narrower copies of pictures that phones get, as far as they are not there."""
    made = put_missing_copies(settings_or_exit().media_folder)
    click.echo(f"Made: {made} copies.")
