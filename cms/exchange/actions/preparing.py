"""Preparing a batch of an import before its transaction, so that other writers wait less."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from cms import sanitize
from cms.comments.actions.receipts import receipt_secret
from cms.exchange.actions.archives import Archives
from cms.exchange.actions.pictures import ImportedFile, MediaFiles
from cms.exchange.actions.work_pool import Body, WorkPool
from cms.exchange.arrivals import Arrival
from cms.exchange.mapping import IncomingArticle, Skipped
from cms.exchange.queries import imported
from cms.exchange.queries.imported import ImportedBefore
from cms.exchange.report import ImportReport
from cms.exchange.survey import Survey
from cms.exchange.wordpress_comments import IncomingComment
from cms.site import Site
from cms.vault import random_mark, secret_hash

ANONYMOUS = "Anonymous"
NO_BODY = Body()  # of what is not stored


@dataclass(slots=True)
class Run:
    """The context of an import, from its first batch to its last."""

    site: Site
    survey: Survey
    archives: Archives
    pictures: MediaFiles
    work_pool: WorkPool
    report: ImportReport
    now: datetime
    dry_run: bool
    _seen: set[int] = field(default_factory=set)

    def is_seen(self, kind: str, key: str) -> bool:
        """Note a thing and tell whether this run has met it before; by hashes, since the keys would fill memory."""
        mark = hash((kind, key))
        was_seen = mark in self._seen
        self._seen.add(mark)
        return was_seen


class Fate(StrEnum):
    """What becomes of an item."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    CONFLICT = "conflict"
    GONE = "gone"


@dataclass(slots=True)
class PreparedItem:
    """A post or page, ready to be stored; `incoming` is None unless it is new or changed."""

    arrival: Arrival
    fate: Fate
    article_id: int = 0
    version: int = 1
    incoming: IncomingArticle | None = None
    unclean_html: str = ""
    body: Body = NO_BODY
    picture: ImportedFile | None = None
    comments: list[tuple[IncomingComment, dict[str, Any]]] = field(default_factory=list)  # Any: columns
    known_comments: Mapping[str, ImportedBefore] = field(default_factory=dict)
    mentions: list[str] = field(default_factory=list)
    same_comments: int = 0


def prepare(run: Run, arrivals: Sequence[Arrival]) -> "PreparedBatch":
    """Decide what becomes of each arrival, copy its files, and start to clean its texts; writes nothing to the database."""
    with run.site.database.reading() as session:
        found = _prepared(run, session, arrivals)
    return PreparedBatch(found) if run.dry_run else PreparedBatch(found, *_start_cleaning(run, found))


@dataclass(slots=True)
class PreparedBatch:
    """A batch whose texts are still being cleaned."""

    _items: list[PreparedItem]
    _comments: Iterable[str] = ()
    _bodies: Iterable[Body] = ()

    def cleaned_items(self) -> list[PreparedItem]:
        """Wait until the texts are clean, and return the items."""
        rows = (row for item in self._items for _, row in item.comments)
        for row, html in zip(rows, self._comments, strict=False):
            row["body_html"] = html
        texts = (item for item in self._items if item.incoming)
        for item, body in zip(texts, self._bodies, strict=False):
            item.body = body
        return self._items


def _start_cleaning(run: Run, found: list[PreparedItem]) -> tuple[Iterable[str], Iterable[Body]]:
    comments = [row["body_text"] for item in found for _, row in item.comments]
    bodies = [item.unclean_html for item in found if item.incoming]
    return run.work_pool.comments(comments), run.work_pool.bodies(bodies)


def _prepared(run: Run, session: Session, arrivals: Sequence[Arrival]) -> list[PreparedItem]:
    found = _with_fates(run, session, arrivals)
    source = run.survey.source
    spoken = (comment.key for one in found for comment in one.arrival.thread.comments)
    mentioned = (key for one in found for key in one.arrival.thread.mentions)
    comments = imported.known_things(session, source, "comment", spoken)
    mentions = imported.known_things(session, source, "mention", mentioned)
    for item in found:
        if item.fate is not Fate.GONE:
            _prepare_body(run, item)
            _prepare_thread(run, item, comments, set(mentions))
    return found


def _with_fates(run: Run, session: Session, arrivals: Sequence[Arrival]) -> list[PreparedItem]:
    source = run.survey.source
    by_key = imported.known_things(session, source, "item", (one.key for one in arrivals))
    by_number = imported.known_things(
        session, source, "number", (one.number for one in arrivals if one.number)
    )
    known = [by_key.get(one.key) or by_number.get(one.number) for one in arrivals]
    versions = imported.versions(session, (article_id_of(one) for one in known if one))
    found: list[PreparedItem] = []
    for one, before in zip(arrivals, known, strict=True):
        if run.is_seen("item", one.key):
            run.report.skipped.append(Skipped(one.what, "it stands in the export twice"))
        else:
            found.append(PreparedItem(one, *_fate(before, one.digest, versions)))
    return found


def _fate(before: ImportedBefore | None, digest: str, versions: Mapping[int, int]) -> tuple[Fate, int, int]:
    if before is None:
        return Fate.NEW, 0, 1
    article_id = article_id_of(before)
    version = versions.get(article_id, 0)
    if not version:
        return Fate.GONE, article_id, 0
    if before.digest == digest:
        return Fate.SAME, article_id, before.local_version
    return (Fate.CHANGED if version == before.local_version else Fate.CONFLICT), article_id, version


def article_id_of(known: ImportedBefore) -> int:
    """Return the id of the article that an imported thing became."""
    return int(known.thing.partition(":")[2])


def _prepare_body(run: Run, item: PreparedItem) -> None:
    """Copy the pictures of an article that is to be stored, and point its HTML, not yet cleaned, to them."""
    if item.fate not in {Fate.NEW, Fate.CHANGED}:
        return
    incoming = item.incoming = item.arrival.incoming
    if incoming.featured:
        item.picture = run.pictures.bring(incoming.featured.url)
    html = run.pictures.within(incoming.body.html)
    if incoming.featured and item.picture is None:
        html = run.pictures.link(incoming.featured) + html
    item.unclean_html = html


def _prepare_thread(
    run: Run, item: PreparedItem, known: Mapping[str, ImportedBefore], mentions: set[str]
) -> None:
    found = item.arrival.thread
    for kind in found.others:
        run.report.skipped.append(Skipped(f"comment of the kind {kind!r}", "nobody said it to readers"))
    item.known_comments = known
    for comment in found.comments:
        if comment.key in known:
            item.same_comments += 1
        elif run.is_seen("comment", comment.key):
            run.report.skipped.append(Skipped(f"comment {comment.number}", "it stands in the export twice"))
        elif sanitize.is_blank(comment.body_text):
            run.report.skipped.append(Skipped(f"comment {comment.number}", "it says nothing"))
        else:
            row = {} if run.dry_run else _comment_row(run, comment, item.arrival.incoming.language)
            item.comments.append((comment, row))
    item.mentions = [key for key in found.mentions if key not in mentions]
    item.same_comments += len(found.mentions) - len(item.mentions)


def _anonymous(run: Run, language: str) -> str:
    return run.site.catalogue.language(language).sentence(ANONYMOUS)


def _comment_row(run: Run, comment: IncomingComment, language: str) -> dict[str, Any]:  # Any: columns
    """Return a comment's columns except its HTML and its ids."""
    vault, mark = run.site.vault, random_mark()
    created_at = comment.created_at or run.now
    return {
        "mark": mark,
        "name": comment.name or _anonymous(run, language),
        "body_text": comment.body_text,
        "language": language,
        "email_sealed": vault.seal(comment.email, table="comment", mark=mark) if comment.email else None,
        "email_fingerprint": vault.fingerprint(comment.email) if comment.email else None,
        "notify": False,
        "status": comment.status,
        "created_at": created_at,
        "decided_at": None if comment.status == "held" else created_at,
        "withdrawn_at": None,
        "erased_at": None,
        "waiting_since": created_at if comment.status == "held" else None,
        "receipt_hash": secret_hash(receipt_secret(run.site, mark)),
        "repeat_key": None,
        "network_mark": None,
    }
