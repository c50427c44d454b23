"""The command that cleans stored comments anew."""

import click

from cms.cli import open_site_or_exit
from cms.comments import actions


@click.group()
def comments() -> None:
    """Look after stored comments."""


@comments.command()
def reclean() -> None:
    """Make every comment's HTML anew from what was typed, by the rules of today."""
    changed = actions.reclean(open_site_or_exit())
    click.echo(f"{changed} comments look different now.")
