"""The commands that look after stored comments."""

import click

from cms.cli import open_site_or_exit
from cms.comments.actions import recleaning
from cms.moderation.actions import counting


@click.group()
def comments() -> None:
    """Look after stored comments."""


@comments.command()
def reclean() -> None:
    """Make every comment's HTML anew from what was typed, by the rules of today."""
    changed = recleaning.reclean(open_site_or_exit())
    click.echo(f"{changed} comments look different now.")


@comments.command()
def recount() -> None:
    """Count anew how many comments wait and stand, should `cms doctor` say that the numbers are wrong."""
    counting.recount(open_site_or_exit())
    click.echo("The comments are counted.")
