"""Bringing in a WordPress site, or what is new of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlmodel import Session

from cms.exchange import queries, writes
from cms.exchange.actions.archives import Archives
from cms.exchange.actions.batches import Batch, Desk, bring_in
from cms.exchange.actions.old_site import lead_on_from_old_site, relate_in_portions
from cms.exchange.actions.pictures import Pictures
from cms.exchange.mapping import WHY_SKIPPED, Skipped, refused
from cms.exchange.report import Report
from cms.exchange.survey import ARTICLE_TYPES, Survey, survey
from cms.exchange.wxr import read
from cms.exchange.wxr_events import WxrItem
from cms.exchange.xml_repair import NotWxr
from cms.site import Site

ITEMS_A_BATCH = 200  # one transaction each, so that readers who send comments wait for a second at most
CHARACTERS_A_BATCH = 4_000_000  # the same, for long ones
COMMENTS_A_BATCH = 1_000


def import_wxr(
    site: Site,
    stream: BinaryIO,
    *,
    media: Path | None = None,
    dry_run: bool = False,
    now: datetime,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Report:
    """Bring in what an export holds and is not here yet; return what was done.

    `stream` can be rewound: it is read twice. `media` is a copy of wp-content/uploads. `progress` hears how many
    bytes have been read since it was called last. A batch of articles with their comments, subjects and addresses
    is one transaction, so a run that is cut short leaves whole articles, and the next one goes on. With `dry_run`
    nothing is written. Raises NotWxr, in one line, for a file that cannot be imported at all.
    """
    found = survey(read(_Watched(stream, progress)))
    if found.damage and not found.articles:
        raise NotWxr(
            f"The file is damaged at line {found.damage.line} ({found.damage.why}), before its first article;"
            " nothing was brought in."
        )
    stream.seek(0)
    report = Report()
    desk = _desk(site, found, media, dry_run, now, report)
    with site.database.reading() as session:
        desk.archives.load(session)
    for batch in _batches(_articles(_Watched(stream, progress), report)):
        bring_in(desk, batch)
    lead_on_from_old_site(desk)
    if not dry_run:
        relate_in_portions(site.database, found.source)
    _tell_what_stayed_out(report, found)
    desk.pictures.tell(report)
    return report


class _Watched:
    """A stream that tells how much of it has been read."""

    def __init__(self, stream: BinaryIO, progress: Callable[[int], None]) -> None:
        self._stream, self._progress = stream, progress

    def read(self, size: int) -> bytes:
        """Read as the stream does."""
        chunk = self._stream.read(size)
        self._progress(len(chunk))
        return chunk
