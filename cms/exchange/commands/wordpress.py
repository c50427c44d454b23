"""The commands that bring a site in."""

import json
import shutil
import sys
import tempfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy.exc import OperationalError

from cms import now_utc
from cms.cli import open_site_or_exit, refuse
from cms.exchange.actions.wordpress import import_wxr
from cms.exchange.report import ImportReport
from cms.exchange.xml_repair import NotWxr
from cms.privacy.actions.workers import Presence
from cms.site import Site

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended: 128 + SIGINT
GO_ON = "Whatever came in is whole; the same command brings in the rest."


@click.group(name="import")
def import_group() -> None:
    """Bring in a site from elsewhere."""


@import_group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object and nothing else.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what a real run would do.")
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of wp-content/uploads; the files that articles use come in from it.",
)
def wxr(file: Path, as_json: bool, dry_run: bool, media: Path | None) -> None:
    """Bring in a WordPress export (WXR), or what is new in a newer one of the same site."""
    site = open_site_or_exit(needs_key=not dry_run)
    if not dry_run:
        presence = Presence(site, now_utc)  # it seals for long, so a change of keys has to know of it
        presence.start()
        click.get_current_context().call_on_close(presence.end)
    try:
        report = _imported(site, file, media, dry_run)
    except (NotWxr, OSError) as refusal:
        refuse(f"{file.name}: {refusal}")
    except BrokenProcessPool:
        refuse(
            f"{file.name}: A process that reads or cleans texts has died, perhaps for lack of memory. {GO_ON}"
        )
    except OperationalError as error:
        refuse(f"{file.name}: The database does not answer: {str(error.orig).splitlines()[0]}. {GO_ON}")
    except KeyboardInterrupt:
        click.echo(f"{file.name}: Interrupted. {GO_ON}", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    if dry_run:
        click.echo("This was a dry run: nothing has been written.")
    for line in report.lines():
        click.echo(line)


def _imported(site: Site, file: Path, media: Path | None, dry_run: bool) -> ImportReport:
    with file.open("rb") as opened, _rewindable(opened) as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        # Only on a terminal: a log file full of bars helps nobody. The file is read twice.
        with click.progressbar(
            length=2 * size, label="Importing", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            return import_wxr(site, stream, media=media, dry_run=dry_run, now=now_utc(), progress=bar.update)


def _rewindable(stream: BinaryIO) -> BinaryIO:
    """Return the stream, or a copy on disk of one that can be read only once (a pipe)."""
    if stream.seekable():
        return stream
    copy = tempfile.TemporaryFile()  # noqa: SIM115  # the caller closes it
    shutil.copyfileobj(stream, copy)
    copy.seek(0)
    return copy
