"""The command that cleans stored comments anew."""

import click

from cms.cli import open_site_or_exit
from cms.comments.actions import recleaning


@click.group()
def comments() -> None:
    """Look after stored comments."""


@comments.command()
def reclean() -> None:
    """Make every comment's HTML anew from what was typed, by the rules of today."""
    changed = recleaning.reclean(open_site_or_exit())
    click.echo(f"{changed} comments look different now.")
