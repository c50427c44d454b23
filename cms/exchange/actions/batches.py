"""One batch of an import: articles with all that hangs on them, in one transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from cms.articles.models import Article, ArticleKind, ArticleStatus, Author, Section, Tag
from cms.articles.queries.touched import things_touched_by
from cms.articles.writes import index_articles
from cms.comments.models import Comment
from cms.exchange import queries, writes
from cms.exchange.actions.parcels import Fate, Parcel, Ready, Run, article_id_of, parcels
from cms.exchange.actions.slugs import unique_slugs
from cms.exchange.arrivals import Arrival
from cms.exchange.mapping import Skipped
from cms.exchange.report import ImportConflict
from cms.exchange.survey import LARGEST_NUMBER
from cms.pages import rules as things
from cms.pages.writes import bump


def bring_in(run: Run, batches: Iterable[list[Arrival]]) -> None:
    """Store what is new or changed, a batch after the other, and count it; a dry run only counts.

    While one batch is stored, the texts of the next are being cleaned.
    """
    waiting: Ready | None = None
    for arrivals in batches:
        following = parcels(run, arrivals)
        if waiting is not None:
            _bring_in(run, waiting.taken())
        waiting = following
    if waiting is not None:
        _bring_in(run, waiting.taken())


def _bring_in(run: Run, ready: list[Parcel]) -> None:
    with transaction(run) as session:
        run.archives.begin(session)
        placed = _Placed()
        _recheck(run, session, ready)
        placed.touched |= _touched(session, (one.article_id for one in ready if one.fate is Fate.CHANGED))
        _place_articles(run, session, ready, placed)
        _place_comments(run, session, ready, placed)
        if not run.dry_run:
            _store(run, session, placed)
            session.commit()
    _count(run, ready, placed)


@contextmanager
def transaction(run: Run) -> Iterator[Session]:
    """Give a session that holds what an import needs; one that can only read for a dry run."""
    if run.dry_run:
        with run.site.database.reading() as session:
            yield session
    else:
        with run.site.database.writing() as session:
            writes.lock_for_import(session)
            yield session


Row = dict[str, Any]  # Any: the columns of a row are of many kinds


@dataclass(slots=True)
class _Placed:
    """The rows of a batch, with every number in its place."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    new_authors: list[Row] = field(default_factory=list)
    new_tags: list[Row] = field(default_factory=list)
    changed_authors: list[Row] = field(default_factory=list)
    changed_tags: list[Row] = field(default_factory=list)
    indexed: dict[int, str] = field(default_factory=dict)
    comments: list[Row] = field(default_factory=list)
    addresses: list[tuple[str, str, str]] = field(default_factory=list)
    items: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    numbers: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    spoken: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    mentions: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


def _recheck(run: Run, session: Session, ready: list[Parcel]) -> None:
    """Look again, now that nobody else can write: what changed meanwhile is a conflict."""
    source = run.survey.source
    known = queries.known_things(
        session, source, "item", [one.arrival.key for one in ready if one.fate is Fate.NEW]
    )
    changed = [one for one in ready if one.fate is Fate.CHANGED]
    versions = queries.versions(session, [one.article_id for one in changed])
    for parcel in ready:
        key = parcel.arrival.key
        if key in known and parcel.fate is Fate.NEW:
            parcel.fate, parcel.article_id = Fate.SAME, article_id_of(known[key])
    for parcel in changed:
        if versions.get(parcel.article_id) != parcel.version:
            parcel.fate = Fate.CONFLICT


def _place_articles(run: Run, session: Session, ready: list[Parcel], placed: _Placed) -> None:
    slugs = unique_slugs(session, [one for one in ready if one.fate is Fate.NEW])
    next_id = writes.next_id(session, Article)
    for parcel in ready:
        if parcel.fate is Fate.NEW:
            parcel.article_id, next_id = next_id, next_id + 1
            placed.new.append(_new_row(run, parcel, slugs[parcel.arrival.key]))
            placed.indexed[parcel.article_id] = parcel.body.indexed
            _place_names(run, parcel, placed, placed.new_authors, placed.new_tags)
        elif parcel.fate is Fate.CHANGED:
            placed.changed.append(_row(run, parcel))
            placed.indexed[parcel.article_id] = parcel.body.indexed
            _place_names(run, parcel, placed, placed.changed_authors, placed.changed_tags)
            parcel.version += 1


def _row(run: Run, parcel: Parcel) -> Row:
    found = parcel.incoming
    if found is None:  # what is new or changed was made ready
        raise RuntimeError("an article is not ready to be stored")
    picture, featured = parcel.picture, found.featured
    return {
        "id": parcel.article_id,
        "title": found.title,
        "standfirst": found.standfirst,
        "body_html": parcel.body.html,
        "body_text": parcel.body.text,
        "language": found.language,
        "status": ArticleStatus.PUBLISHED if found.is_published else ArticleStatus.DRAFT,
        "publish_at": found.publish_at or (run.now if found.is_published else None),
        "changed_at": found.changed_at or found.publish_at or run.now,
        "section_id": run.archives.section(found.section) if found.section else None,
        "comments_open": found.comments_open,
        "image_path": picture.name if picture else "",
        "image_alt": (featured.alt if picture and featured else "")[:1000],
        "image_caption": (run.pictures.caption(featured) if picture and featured else "")[:1000],
        "image_width": picture.width if picture else None,
        "image_height": picture.height if picture else None,
    }


def _new_row(run: Run, parcel: Parcel, slug: str) -> Row:
    row, found = _row(run, parcel), parcel.incoming
    return {
        **row,
        "kind": ArticleKind.PAGE if found and found.is_page else ArticleKind.ARTICLE,
        "slug": slug,
        "created_at": row["publish_at"] or row["changed_at"],
        "updated_at": None,
        "comments_close_at": None,
        "image_credit": "",
        "entry_id": found.entry_id if found else "",
        "version": 1,
    }


def _place_names(run: Run, parcel: Parcel, placed: _Placed, authors: list[Row], tags: list[Row]) -> None:
    """Place a byline, subjects and old addresses, and what has to be known again."""
    found, article_id = parcel.incoming, parcel.article_id
    if found is None:  # as above
        raise RuntimeError("an article is not ready to be stored")
    thing = things.article(article_id)
    author_ids = dict.fromkeys(run.archives.author(login) for login in found.authors)
    tag_ids = dict.fromkeys(run.archives.tag(term) for term in found.tags)
    authors += [
        {"article_id": article_id, "author_id": one, "position": place}
        for place, one in enumerate(author_ids)
    ]
    tags += [{"article_id": article_id, "tag_id": one} for one in tag_ids]
    placed.addresses += [(address, thing, suffix) for address, suffix in found.addresses]
    placed.addresses += run.pictures.take_addresses()
    version = parcel.version + (parcel.fate is Fate.CHANGED)
    arrival = parcel.arrival
    placed.items[arrival.key] = (thing, arrival.digest, version)
    if arrival.number:
        placed.numbers[arrival.number] = (thing, arrival.digest, version)
    placed.touched |= {thing, *map(things.author, author_ids), *map(things.tag, tag_ids)}
    if found.section:
        placed.touched.add(things.section(run.archives.section(found.section)))


def _place_comments(run: Run, session: Session, ready: list[Parcel], placed: _Placed) -> None:
    wanted = [c.number for one in ready for c, _ in one.comments if 0 < c.number <= LARGEST_NUMBER]
    taken = queries.comment_ids_taken(session, wanted)
    next_id = max(writes.next_id(session, Comment), run.survey.largest_comment_id + 1)
    above = {
        comment.parent: article_id_of(one.known_comments[comment.parent])
        for one in ready
        for comment, _ in one.comments
        if comment.parent in one.known_comments
    }
    roots = queries.roots(session, above.values())
    for parcel in ready:
        placed_at: dict[str, int] = {key: here for key, here in above.items() if here in roots}
        for comment, row in parcel.comments:
            if 0 < comment.number <= LARGEST_NUMBER and comment.number not in taken:
                identity = comment.number
            else:
                identity, next_id = next_id, next_id + 1
            taken.add(identity)
            parent = placed_at.get(comment.parent)
            placed_at[comment.key] = identity
            roots[identity] = roots[parent] if parent else identity
            numbers = {"id": identity, "article_id": parcel.article_id, "parent_id": parent}
            foreign = comment.number if 0 < comment.number <= LARGEST_NUMBER else None
            placed.comments.append({**row, **numbers, "root_id": roots[identity], "foreign_id": foreign})
            placed.spoken[comment.key] = (f"comment:{identity}", "", 1)
        for key in parcel.mentions:
            placed.mentions[key] = (things.article(parcel.article_id), "", 1)
        if parcel.comments:
            placed.touched.add(things.article(parcel.article_id))


def _store(run: Run, session: Session, placed: _Placed) -> None:
    source = run.survey.source
    run.archives.store(session, run.now)
    writes.store_articles(session, placed.new, placed.new_authors, placed.new_tags)
    writes.update_articles(session, placed.changed, placed.changed_authors, placed.changed_tags)
    writes.store_comments(session, placed.comments, run.now)
    writes.remember(session, source, "item", placed.items, run.now)
    writes.remember(session, source, "number", placed.numbers, run.now)
    writes.remember(session, source, "comment", placed.spoken, run.now)
    writes.remember(session, source, "mention", placed.mentions, run.now)
    writes.lead_on(session, placed.addresses)
    writes.advance_sequences(session, (Article, Author, Section, Tag, Comment))
    index_articles(session, placed.indexed, bodies=placed.indexed)
    changed = [row["id"] for row in placed.changed]
    writes.forget_kin(session, changed)  # so that they are found where kin is worked out, by a later run too
    placed.touched |= _touched(session, changed)
    if placed.touched:
        bump(session, placed.touched | {things.FRONT, things.SITE})


def _touched(session: Session, ids: Iterable[int]) -> set[str]:
    """Return what changes with these articles, now; asked before a change and after it."""
    return {thing for one in ids for thing in things_touched_by(session, one)}


def _count(run: Run, ready: list[Parcel], placed: _Placed) -> None:
    report = run.report
    run.archives.count(report)
    for row in placed.new:
        if row["kind"] is ArticleKind.PAGE:
            report.pages += 1
        else:
            report.articles[_state(row, run)] += 1
    for parcel in ready:
        _count_parcel(run, parcel)
    report.comments.update(comment.status.value for parcel in ready for comment, _ in parcel.comments)
    report.mentions += len(placed.mentions)
    report.updated += len(placed.changed)


def _count_parcel(run: Run, parcel: Parcel) -> None:
    report, arrival = run.report, parcel.arrival
    report.unchanged += parcel.same_comments + (parcel.fate is Fate.SAME)
    if parcel.fate is Fate.CONFLICT:
        report.conflicts.append(ImportConflict(arrival.what, arrival.link))
    elif parcel.fate is Fate.GONE:
        report.skipped.append(Skipped(arrival.what, "it was brought in before and has been deleted here"))
    elif parcel.incoming:
        report.shortcodes.update(parcel.incoming.body.shortcodes)
        report.empty_blocks.update(parcel.incoming.body.empty_blocks)


def _state(row: Row, run: Run) -> str:
    if row["status"] is ArticleStatus.DRAFT:
        return "draft"
    return "scheduled" if row["publish_at"] > run.now else "published"
