"""The command that takes a site out."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from cms import now_utc
from cms.cli import open_site_or_exit, refuse
from cms.exchange.actions.exporting import ExportReport, export_wxr


@click.group(name="export")
def export_group() -> None:
    """Take the site out, for another program to bring in."""


@export_group.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Print what it holds as one JSON object and nothing else."
)
@click.option(
    "--with-addresses",
    is_flag=True,
    help="Write readers' e-mail addresses in the open; without it none is in the file.",
)
def wxr(file: Path, as_json: bool, with_addresses: bool) -> None:
    """Write all articles, pages and comments into FILE as a WordPress export (WXR) while the site serves."""
    site = open_site_or_exit(needs_key=with_addresses)
    try:
        with _new_file(file) as stream:
            report = export_wxr(site, stream, now_utc(), with_addresses=with_addresses)
    except FileExistsError:
        refuse(f"{file} is there already. Nothing was written.")
    except OSError as error:
        refuse(f"{file} could not be written: {error.strerror}. Nothing is left of it.")
    if report.unopened:
        click.echo(f"{report.unopened} addresses could not be opened. `cms doctor` says more.", err=True)
    if as_json:
        click.echo(json.dumps(report.as_json()))
        return
    for line in _lines(report, site.settings.media_folder):
        click.echo(line)


@contextmanager
def _new_file(target: Path) -> Iterator[TextIO]:
    """Give a file for writing, which appears at `target` once it is whole and on the disk; nobody else may read it."""
    if target.exists():
        raise FileExistsError(target)
    handle, partial = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.link(
            partial, target
        )  # unlike a renaming, it puts nothing in the place of a file that is there by now
    finally:
        Path(partial).unlink(missing_ok=True)


def _lines(report: ExportReport, media: Path) -> Iterator[str]:
    said = report.as_json()
    yield f"{_counted(said['articles'])} (articles), {said['pages']} pages"
    yield f"{said['authors']} authors, {said['sections']} sections, {said['tags']} tags"
    yield f"{_counted(said['comments'])} (comments)"
    if report.files:
        yield f"{report.files} files are named by their addresses here; they lie in {media}."
    if report.addresses:
        yield f"{report.addresses} comments go out with their writers' e-mail addresses: keep the file as you keep keys."


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in numbers.items())
