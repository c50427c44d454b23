"""Everything of an item that can be made ready before the database is asked to wait."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from cms import sanitize
from cms.comments.actions.receipts import receipt_secret
from cms.exchange import queries
from cms.exchange.actions.archives import Archives
from cms.exchange.actions.crew import Body, Crew
from cms.exchange.actions.pictures import BroughtIn, Pictures
from cms.exchange.arrivals import Arrival
from cms.exchange.mapping import IncomingArticle, Skipped
from cms.exchange.queries import Known
from cms.exchange.report import ImportReport
from cms.exchange.survey import Survey
from cms.exchange.wordpress_comments import IncomingComment
from cms.site import Site
from cms.vault import random_mark, secret_hash

ANONYMOUS = "Anonymous"
NO_BODY = Body()  # of what is not stored


@dataclass(slots=True)
class Run:
    """What an import works with, from its first batch to its last."""

    site: Site
    survey: Survey
    archives: Archives
    pictures: Pictures
    crew: Crew
    report: ImportReport
    now: datetime
    dry_run: bool
    _seen: set[int] = field(default_factory=set)

    def is_seen(self, kind: str, key: str) -> bool:
        """Tell whether this run has met a thing before, and note it; by hashes, since the keys would fill memory."""
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
class Parcel:
    """What arrived, ready to be stored; `incoming` is there for what is new or changed."""

    arrival: Arrival
    fate: Fate
    article_id: int = 0
    version: int = 1
    incoming: IncomingArticle | None = None
    unclean_html: str = ""
    body: Body = NO_BODY
    picture: BroughtIn | None = None
    comments: list[tuple[IncomingComment, dict[str, Any]]] = field(default_factory=list)  # Any: columns
    known_comments: Mapping[str, Known] = field(default_factory=dict)
    mentions: list[str] = field(default_factory=list)
    same_comments: int = 0


def parcels(run: Run, arrivals: Sequence[Arrival]) -> "Ready":
    """Return what is to be done about each arrival; reads, and writes nothing but files. Cleaning goes on behind it."""
    with run.site.database.reading() as session:
        found = _parcels(run, session, arrivals)
    return Ready(found) if run.dry_run else Ready(found, *_being_cleaned(run, found))


@dataclass(slots=True)
class Ready:
    """A batch's parcels, whose texts come from the crew."""

    _parcels: list[Parcel]
    _comments: Iterable[str] = ()
    _bodies: Iterable[Body] = ()

    def taken(self) -> list[Parcel]:
        """Return the parcels; waits until their texts are clean."""
        rows = (row for parcel in self._parcels for _, row in parcel.comments)
        for row, html in zip(rows, self._comments, strict=False):
            row["body_html"] = html
        texts = (parcel for parcel in self._parcels if parcel.incoming)
        for parcel, body in zip(texts, self._bodies, strict=False):
            parcel.body = body
        return self._parcels


def _being_cleaned(run: Run, found: list[Parcel]) -> tuple[Iterable[str], Iterable[Body]]:
    comments = [row["body_text"] for parcel in found for _, row in parcel.comments]
    bodies = [parcel.unclean_html for parcel in found if parcel.incoming]
    return run.crew.comments(comments), run.crew.bodies(bodies)


def _parcels(run: Run, session: Session, arrivals: Sequence[Arrival]) -> list[Parcel]:
    found = _decided(run, session, arrivals)
    source = run.survey.source
    spoken = (comment.key for one in found for comment in one.arrival.thread.comments)
    mentioned = (key for one in found for key in one.arrival.thread.mentions)
    comments = queries.known_things(session, source, "comment", spoken)
    mentions = queries.known_things(session, source, "mention", mentioned)
    for parcel in found:
        if parcel.fate is not Fate.GONE:
            _ready(run, parcel)
            _ready_thread(run, parcel, comments, set(mentions))
    return found


def _decided(run: Run, session: Session, arrivals: Sequence[Arrival]) -> list[Parcel]:
    source = run.survey.source
    by_key = queries.known_things(session, source, "item", (one.key for one in arrivals))
    by_number = queries.known_things(
        session, source, "number", (one.number for one in arrivals if one.number)
    )
    known = [by_key.get(one.key) or by_number.get(one.number) for one in arrivals]
    versions = queries.versions(session, (article_id_of(one) for one in known if one))
    found: list[Parcel] = []
    for one, before in zip(arrivals, known, strict=True):
        if run.is_seen("item", one.key):
            run.report.skipped.append(Skipped(one.what, "it stands in the export twice"))
        else:
            found.append(Parcel(one, *_fate(before, one.digest, versions)))
    return found


def _fate(before: Known | None, digest: str, versions: Mapping[int, int]) -> tuple[Fate, int, int]:
    if before is None:
        return Fate.NEW, 0, 1
    article_id = article_id_of(before)
    version = versions.get(article_id, 0)
    if not version:
        return Fate.GONE, article_id, 0
    if before.digest == digest:
        return Fate.SAME, article_id, before.local_version
    return (Fate.CHANGED if version == before.local_version else Fate.CONFLICT), article_id, version


def article_id_of(known: Known) -> int:
    """Return the id of the article that something became."""
    return int(known.thing.partition(":")[2])


def _ready(run: Run, parcel: Parcel) -> None:
    """Bring the pictures of what is to be stored in; its HTML is not yet cleaned."""
    if parcel.fate not in {Fate.NEW, Fate.CHANGED}:
        return
    incoming = parcel.incoming = parcel.arrival.incoming
    if incoming.featured:
        parcel.picture = run.pictures.bring(incoming.featured.url)
    html = run.pictures.within(incoming.body.html)
    if incoming.featured and parcel.picture is None:
        html = run.pictures.link(incoming.featured) + html
    parcel.unclean_html = html


def _ready_thread(run: Run, parcel: Parcel, known: Mapping[str, Known], mentions: set[str]) -> None:
    found = parcel.arrival.thread
    for kind in found.others:
        run.report.skipped.append(Skipped(f"comment of the kind {kind!r}", "nobody said it to readers"))
    parcel.known_comments = known
    for comment in found.comments:
        if comment.key in known:
            parcel.same_comments += 1
        elif run.is_seen("comment", comment.key):
            run.report.skipped.append(Skipped(f"comment {comment.number}", "it stands in the export twice"))
        elif sanitize.is_blank(comment.body_text):
            run.report.skipped.append(Skipped(f"comment {comment.number}", "it says nothing"))
        else:
            row = {} if run.dry_run else _comment_row(run, comment, parcel.arrival.incoming.language)
            parcel.comments.append((comment, row))
    parcel.mentions = [key for key in found.mentions if key not in mentions]
    parcel.same_comments += len(found.mentions) - len(parcel.mentions)


def _anonymous(run: Run, language: str) -> str:
    return run.site.catalogue.language(language).sentence(ANONYMOUS)


def _comment_row(run: Run, comment: IncomingComment, language: str) -> dict[str, Any]:  # Any: columns
    """Return what is stored of a comment but for its HTML and the numbers that the database gives."""
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
