"""Importing a WordPress site, or what is new in a later export of it."""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from cms.exchange.actions.archives import Archives
from cms.exchange.actions.collecting import rarely_collecting
from cms.exchange.actions.finishing import redirect_old_addresses, relate_imported
from cms.exchange.actions.pictures import MediaFiles
from cms.exchange.actions.preparing import ANONYMOUS, Run
from cms.exchange.actions.reading import ArticleBatch, reader, watched
from cms.exchange.actions.storing import bring_in
from cms.exchange.actions.teaching import teach
from cms.exchange.actions.work_pool import WorkPool, processes_for, work_pool
from cms.exchange.arrivals import Arrival, SiteDefaults
from cms.exchange.mapping import WHY_SKIPPED, Skipped
from cms.exchange.report import ImportReport
from cms.exchange.survey import Survey, survey
from cms.exchange.writes import analyze
from cms.exchange.wxr import read
from cms.exchange.wxr_format import LONGEST_ITEM
from cms.exchange.xml_repair import NotWxr
from cms.site import Site


@rarely_collecting()
def import_wxr(
    site: Site,
    stream: BinaryIO,
    *,
    media: Path | None = None,
    dry_run: bool = False,
    now: datetime,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> ImportReport:
    """Import what an export holds and this site does not have yet; return a report.

    `stream` must be seekable, since it is read twice. `media` is a copy of wp-content/uploads. `progress` is called
    with the number of bytes read since its last call. A batch of articles with their comments, subjects and addresses
    is one transaction, so an interrupted run leaves whole articles, and the next one goes on. With `dry_run` nothing
    is written. Raises NotWxr, with a message of one line, for a file that cannot be imported at all.
    """
    here = SiteDefaults(ZoneInfo(site.settings.timezone), site.settings.language)
    report = ImportReport()
    processes = 0 if dry_run else processes_for(_size(stream))
    with reader(stream, elsewhere=processes > 0) as batches, work_pool(processes) as others:
        found = _surveyed(stream, progress)  # while the others begin
        run = _run(site, found, media, dry_run, now, report, others)
        with site.database.reading() as session:
            run.archives.load(session)
        bring_in(run, _articles(batches(found, here), report, progress))
        redirect_old_addresses(run)
        if not dry_run:
            with site.database.writing() as session:
                analyze(session)
                session.commit()
            relate_imported(site.database, found.source, others.kin)
            teach(run)
    _tell_what_stayed_out(report, found)
    run.pictures.tell(report)
    return report


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size


def _surveyed(stream: BinaryIO, progress: Callable[[int], None]) -> Survey:
    found = survey(read(watched(stream, progress)))
    if found.damage and not found.articles:
        raise NotWxr(
            f"The file is damaged at line {found.damage.line} ({found.damage.why}), before its first article;"
            " nothing was brought in."
        )
    return found


def _run(
    site: Site,
    found: Survey,
    media: Path | None,
    dry_run: bool,
    now: datetime,
    report: ImportReport,
    others: WorkPool,
) -> Run:
    anonymous = site.catalogue.language(site.settings.language).sentence(ANONYMOUS)
    return Run(
        site=site,
        survey=found,
        archives=Archives(found, anonymous),
        pictures=MediaFiles(found, media, site.settings.media_folder, dry_run),
        work_pool=others,
        report=report,
        now=now,
        dry_run=dry_run,
    )


def _articles(
    batches: Iterable[ArticleBatch], report: ImportReport, progress: Callable[[int], None]
) -> Iterator[list[Arrival]]:
    for batch in batches:
        progress(batch.read_bytes)
        report.skipped += batch.refused
        if batch.arrivals:
            yield batch.arrivals


def _tell_what_stayed_out(report: ImportReport, found: Survey) -> None:
    for kind, count in sorted(found.passed_over.items()):
        why = WHY_SKIPPED.get(kind, "a kind of its own, made by a theme or plugin")
        report.skipped.append(Skipped(kind or "item", why, count))
    for item in found.oversized:
        why = f"it is longer than {LONGEST_ITEM:,} characters"
        report.skipped.append(Skipped(f"item {item.post_id} {item.title!r}"[:300], why))
    if found.comments_passed_over:
        why = "they stand below something that is not imported"
        report.skipped.append(Skipped("comments", why, found.comments_passed_over))
    unread = Counter(
        taxonomy for taxonomy, _ in found.terms if taxonomy not in {"category", "post_tag", "author"}
    )
    for taxonomy, count in sorted(unread.items()):
        report.skipped.append(Skipped(f"terms of {taxonomy}", "only categories and tags are imported", count))
    unused = sum(found.uses[key] == 0 for key in found.terms if key[0] in {"category", "post_tag"})
    if unused:
        report.skipped.append(Skipped("categories and tags", "no published article has them", unused))
    if found.damage:
        report.damage = (
            f"The file is damaged at line {found.damage.line} ({found.damage.why}): what stands before was"
            " brought in, what stands behind was not."
        )
        report.skipped.append(Skipped("the rest of the file", report.damage))
