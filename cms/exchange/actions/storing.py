"""Storing one batch of an import: articles with their bylines, subjects, addresses and comments, in one transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from cms.articles.models import Article, ArticleKind, ArticleStatus, Author, Section, Tag
from cms.articles.queries.touched import things_touched_by
from cms.articles.writes import index_articles
from cms.comments.models import Comment
from cms.exchange import writes
from cms.exchange.actions.preparing import Fate, PreparedBatch, PreparedItem, Run, article_id_of, prepare
from cms.exchange.actions.slugs import unique_slugs
from cms.exchange.arrivals import Arrival
from cms.exchange.mapping import Skipped
from cms.exchange.queries import imported
from cms.exchange.report import ImportConflict
from cms.exchange.survey import LARGEST_NUMBER
from cms.pages import rules as things
from cms.pages.writes import bump


def bring_in(run: Run, batches: Iterable[list[Arrival]]) -> None:
    """Store what is new or changed, batch by batch, and count it; a dry run only counts.

    While one batch is stored, the texts of the next are being cleaned.
    """
    waiting: PreparedBatch | None = None
    for arrivals in batches:
        following = prepare(run, arrivals)
        if waiting is not None:
            _bring_in(run, waiting.cleaned_items())
        waiting = following
    if waiting is not None:
        _bring_in(run, waiting.cleaned_items())


def _bring_in(run: Run, items: list[PreparedItem]) -> None:
    with transaction(run) as session:
        run.archives.begin(session)
        rows = _BatchRows()
        _recheck(run, session, items)
        rows.touched |= _touched(session, (one.article_id for one in items if one.fate is Fate.CHANGED))
        _add_articles(run, session, items, rows)
        _add_comments(run, session, items, rows)
        if not run.dry_run:
            _store(run, session, rows)
            session.commit()
    _count(run, items, rows)


@contextmanager
def transaction(run: Run) -> Iterator[Session]:
    """Yield a writing session with an import's locks, or a reading one for a dry run."""
    if run.dry_run:
        with run.site.database.reading() as session:
            yield session
    else:
        with run.site.database.writing() as session:
            writes.lock_for_import(session)
            yield session


Row = dict[str, Any]  # Any: the columns of a row are of many kinds


@dataclass(slots=True)
class _BatchRows:
    """The rows that a batch stores, with their ids."""

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
    comment_keys: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    mentions: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


def _recheck(run: Run, session: Session, items: list[PreparedItem]) -> None:
    """Compare again, now that nobody else can write: an article that changed meanwhile is a conflict."""
    source = run.survey.source
    known = imported.known_things(
        session, source, "item", [one.arrival.key for one in items if one.fate is Fate.NEW]
    )
    changed = [one for one in items if one.fate is Fate.CHANGED]
    versions = imported.versions(session, [one.article_id for one in changed])
    for item in items:
        key = item.arrival.key
        if key in known and item.fate is Fate.NEW:
            item.fate, item.article_id = Fate.SAME, article_id_of(known[key])
    for item in changed:
        if versions.get(item.article_id) != item.version:
            item.fate = Fate.CONFLICT


def _add_articles(run: Run, session: Session, items: list[PreparedItem], rows: _BatchRows) -> None:
    slugs = unique_slugs(session, [one for one in items if one.fate is Fate.NEW])
    next_id = writes.next_id(session, Article)
    for item in items:
        if item.fate is Fate.NEW:
            item.article_id, next_id = next_id, next_id + 1
            rows.new.append(_new_row(run, item, slugs[item.arrival.key]))
            rows.indexed[item.article_id] = item.body.indexed
            _add_links(run, item, rows, rows.new_authors, rows.new_tags)
        elif item.fate is Fate.CHANGED:
            rows.changed.append(_row(run, item))
            rows.indexed[item.article_id] = item.body.indexed
            _add_links(run, item, rows, rows.changed_authors, rows.changed_tags)
            item.version += 1


def _row(run: Run, item: PreparedItem) -> Row:
    found = item.incoming
    if found is None:  # what is new or changed was made ready
        raise RuntimeError("an article is not ready to be stored")
    picture, featured = item.picture, found.featured
    return {
        "id": item.article_id,
        "title": found.title,
        "standfirst": found.standfirst,
        "body_html": item.body.html,
        "body_text": item.body.text,
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


def _new_row(run: Run, item: PreparedItem, slug: str) -> Row:
    row, found = _row(run, item), item.incoming
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


def _add_links(run: Run, item: PreparedItem, rows: _BatchRows, authors: list[Row], tags: list[Row]) -> None:
    """Add an article's byline, subjects and old addresses, and the keys by which a later import finds it."""
    found, article_id = item.incoming, item.article_id
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
    rows.addresses += [(address, thing, suffix) for address, suffix in found.addresses]
    rows.addresses += run.pictures.take_addresses()
    version = item.version + (item.fate is Fate.CHANGED)
    arrival = item.arrival
    rows.items[arrival.key] = (thing, arrival.digest, version)
    if arrival.number:
        rows.numbers[arrival.number] = (thing, arrival.digest, version)
    rows.touched |= {thing, *map(things.author, author_ids), *map(things.tag, tag_ids)}
    if found.section:
        rows.touched.add(things.section(run.archives.section(found.section)))


def _add_comments(run: Run, session: Session, items: list[PreparedItem], rows: _BatchRows) -> None:
    wanted = [c.number for one in items for c, _ in one.comments if 0 < c.number <= LARGEST_NUMBER]
    taken = imported.comment_ids_taken(session, wanted)
    next_id = max(writes.next_id(session, Comment), run.survey.largest_comment_id + 1)
    above = {
        comment.parent: article_id_of(one.known_comments[comment.parent])
        for one in items
        for comment, _ in one.comments
        if comment.parent in one.known_comments
    }
    roots = imported.roots(session, above.values())
    for item in items:
        placed_at: dict[str, int] = {key: here for key, here in above.items() if here in roots}
        for comment, row in item.comments:
            if 0 < comment.number <= LARGEST_NUMBER and comment.number not in taken:
                identity = comment.number
            else:
                identity, next_id = next_id, next_id + 1
            taken.add(identity)
            parent = placed_at.get(comment.parent)
            placed_at[comment.key] = identity
            roots[identity] = roots[parent] if parent else identity
            numbers = {"id": identity, "article_id": item.article_id, "parent_id": parent}
            foreign = comment.number if 0 < comment.number <= LARGEST_NUMBER else None
            rows.comments.append({**row, **numbers, "root_id": roots[identity], "foreign_id": foreign})
            rows.comment_keys[comment.key] = (f"comment:{identity}", "", 1)
        for key in item.mentions:
            rows.mentions[key] = (things.article(item.article_id), "", 1)
        if item.comments:
            rows.touched.add(things.article(item.article_id))


def _store(run: Run, session: Session, rows: _BatchRows) -> None:
    source = run.survey.source
    run.archives.store(session, run.now)
    writes.store_articles(session, rows.new, rows.new_authors, rows.new_tags)
    writes.update_articles(session, rows.changed, rows.changed_authors, rows.changed_tags)
    writes.store_comments(session, rows.comments, run.now)
    writes.remember(session, source, "item", rows.items, run.now)
    writes.remember(session, source, "number", rows.numbers, run.now)
    writes.remember(session, source, "comment", rows.comment_keys, run.now)
    writes.remember(session, source, "mention", rows.mentions, run.now)
    writes.store_redirects(session, rows.addresses)
    writes.advance_sequences(session, (Article, Author, Section, Tag, Comment))
    index_articles(session, rows.indexed, bodies=rows.indexed)
    changed = [row["id"] for row in rows.changed]
    writes.forget_kin(session, changed)  # so that they are found where kin is worked out, by a later run too
    rows.touched |= _touched(session, changed)
    if rows.touched:
        bump(session, rows.touched | {things.FRONT, things.SITE})


def _touched(session: Session, ids: Iterable[int]) -> set[str]:
    """Return the things whose pages show these articles; asked before a change and after it."""
    return {thing for one in ids for thing in things_touched_by(session, one)}


def _count(run: Run, items: list[PreparedItem], rows: _BatchRows) -> None:
    report = run.report
    run.archives.count(report)
    for row in rows.new:
        if row["kind"] is ArticleKind.PAGE:
            report.pages += 1
        else:
            report.articles[_state(row, run)] += 1
    for item in items:
        _count_item(run, item)
    report.comments.update(comment.status.value for item in items for comment, _ in item.comments)
    report.mentions += len(rows.mentions)
    report.updated += len(rows.changed)


def _count_item(run: Run, item: PreparedItem) -> None:
    report, arrival = run.report, item.arrival
    report.unchanged += item.same_comments + (item.fate is Fate.SAME)
    if item.fate is Fate.CONFLICT:
        report.conflicts.append(ImportConflict(arrival.what, arrival.link))
    elif item.fate is Fate.GONE:
        report.skipped.append(Skipped(arrival.what, "it was brought in before and has been deleted here"))
    elif item.incoming:
        report.shortcodes.update(item.incoming.body.shortcodes)
        report.empty_blocks.update(item.incoming.body.empty_blocks)


def _state(row: Row, run: Run) -> str:
    if row["status"] is ArticleStatus.DRAFT:
        return "draft"
    return "scheduled" if row["publish_at"] > run.now else "published"
