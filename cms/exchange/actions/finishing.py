"""The end of an import: redirects from old archives and files, and related articles."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from sqlmodel import Session

from cms.articles.queries.kin import all_subjects
from cms.articles.queries.touched import things_touched_by
from cms.articles.related import Kinship, Subject, kin_of_many
from cms.articles.writes import relate
from cms.db import Database
from cms.exchange import old_addresses, writes
from cms.exchange.actions.preparing import Run, article_id_of
from cms.exchange.actions.storing import transaction
from cms.exchange.queries import imported
from cms.pages import rules as things
from cms.pages.writes import bump

KIN_AT_ONCE = 1_000  # articles whose kin one transaction stores; it takes a fifth of a second
MOVED_AT_ONCE = 20  # articles worked out again in one; each takes some 10 ms

FindKin = Callable[[Sequence[Subject], Collection[int]], dict[int, list[Kinship]]]
Redirect = tuple[str, str, str]  # an old address, the thing that it leads to, what follows that one's address


def redirect_old_addresses(run: Run) -> None:
    """Redirect the old addresses of archives, feeds, days and attachment pages."""
    if run.dry_run:
        return
    with transaction(run) as session:
        writes.store_redirects(session, _archives(run))
        writes.store_redirects(session, _files(run, session))
        front = old_addresses.of_front(run.survey, sum(_uses(run, "author")))
        writes.store_redirects(session, ((address, things.FRONT, suffix) for address, suffix in front))
        session.commit()


def relate_imported(database: Database, source: str, find_kin: FindKin = kin_of_many) -> None:
    """Find the related articles of everything imported that has none yet, and store them in short transactions.

    They are found in one go while reading, since in portions each article would be compared four times over. What
    somebody publishes meanwhile is respected: a list that has changed since, or that names an article that has, is
    worked out again in the transaction that stores it. `find_kin` has the signature of `kin_of_many()`.
    """
    with database.reading() as session:
        seen = imported.article_changes(session)  # before the articles: what changes between counts as moved
        lists, beside = _worked_out(session, source, find_kin)
    moved: set[int] = set()
    for some in _portions(lists, KIN_AT_ONCE):
        with database.writing() as session:
            moved |= _store_unmoved(session, {one: lists[one] for one in some}, seen)
            session.commit()
    for some in _portions(moved, MOVED_AT_ONCE):
        with database.writing() as session:
            bump(session, _related_again(session, some))
            session.commit()
    with database.writing() as session:
        bump(session, map(things.article, beside))
        session.commit()


def _worked_out(
    session: Session, source: str, find_kin: FindKin
) -> tuple[dict[int, list[Kinship]], set[int]]:
    """Return the lists of new articles and of those they affect, and the articles next to new ones in time."""
    waiting = set(imported.unrelated(session, source))
    if not waiting:
        return {}, set()
    subjects = all_subjects(session)
    concerned = waiting | imported.naming(session, waiting)
    lists = find_kin(subjects, concerned)
    named = {found.id for kept in lists.values() for found in kept} - concerned
    in_time = [one.id for one in sorted(subjects, key=lambda one: (one.publish_at, one.id))]
    beside = {pair[place] for pair in pairwise(in_time) for place in (0, 1) if pair[1 - place] in waiting}
    lists |= kin_of_many(subjects, named)
    return lists, beside - lists.keys()


def _store_unmoved(session: Session, lists: dict[int, list[Kinship]], seen: dict[int, int]) -> set[int]:
    """Store the lists whose articles have not changed since `seen`, updating `seen`; return the ids of the others."""
    present = imported.article_changes(session)
    moved = {one for one in seen.keys() | present.keys() if seen.get(one) != present.get(one)}
    stale = {one for one, kept in lists.items() if moved & {one, *(found.id for found in kept)}}
    fresh = {one: kept for one, kept in lists.items() if one not in stale}
    writes.store_kin(session, fresh)
    seen.update(dict.fromkeys(fresh, bump(session, map(things.article, fresh))))
    return stale


def _related_again(session: Session, ids: Iterable[int]) -> set[str]:
    touched: set[str] = set()
    for one in ids:
        touched.update(things_touched_by(session, one))
        relate(session, one)
        touched.update(things_touched_by(session, one))
    return touched


def _portions(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]


def _uses(run: Run, kind: str) -> Iterator[int]:
    return (count for (taxonomy, _), count in run.survey.uses.items() if taxonomy == kind)


def _archives(run: Run) -> Iterator[Redirect]:
    survey, known = run.survey, run.archives.known
    for login, author_id in known["author"].items():
        author = survey.authors.get(login)
        number = author.author_id if author else ""
        found = old_addresses.of_author(login, number, survey.uses["author", login], survey)
        yield from ((address, things.author(author_id), suffix) for address, suffix in found)
    for term in survey.terms.values():
        # A category can be a section for some articles and a tag for others: the section is its heir.
        if term.taxonomy == "category" and term.slug in known["section"]:
            thing = things.section(known["section"][term.slug])
        elif term.taxonomy in {"category", "post_tag"} and term.slug in known["tag"]:
            thing = things.tag(known["tag"][term.slug])
        elif term.taxonomy in {"category", "post_tag"}:
            thing = things.FRONT
        else:
            continue
        found = old_addresses.of_term(term, survey.uses[term.taxonomy, term.slug], survey)
        yield from ((address, thing, suffix) for address, suffix in found)


def _files(run: Run, session: Session) -> Iterator[Redirect]:
    """Redirect an attachment's page to its article, else to the file itself, else to the front page."""
    survey = run.survey
    parents = {parent for _, parent in survey.attachment_links.values() if parent and parent != "0"}
    known = imported.known_things(session, survey.source, "number", parents)
    for number, (link, parent) in survey.attachment_links.items():
        brought_in = run.pictures.name_of(survey.attachments[number].url)
        if parent in known:
            thing = things.article(article_id_of(known[parent]))
        else:
            thing = f"media:{brought_in}" if brought_in else things.FRONT
        found = old_addresses.of_attachment(number, link, survey)
        yield from ((address, thing, suffix) for address, suffix in found)
