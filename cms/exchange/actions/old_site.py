"""What is done once a whole site is here: its archives' old addresses lead on, its articles get their kin."""

from collections.abc import Iterator

from sqlmodel import Session

from cms.articles.queries.kin import all_subjects
from cms.articles.related import kin_of_many
from cms.db import Database
from cms.exchange import old_addresses, queries, writes
from cms.exchange.actions.batches import transaction
from cms.exchange.actions.parcels import Desk, article_id_of
from cms.pages import rules as things
from cms.pages.writes import bump

KIN_AT_ONCE = 1_000  # articles whose kin one transaction stores; it takes a fifth of a second

Leading = tuple[str, str, str]  # an old address, the thing that it leads to, what follows that one's address


def lead_on_from_old_site(desk: Desk) -> None:
    """Let the old addresses of archives, feeds, days and files' pages lead on."""
    if desk.dry_run:
        return
    with transaction(desk) as session:
        writes.lead_on(session, _archives(desk))
        writes.lead_on(session, _files(desk, session))
        front = old_addresses.of_front(desk.survey, sum(_uses(desk, "author")))
        writes.lead_on(session, ((address, things.FRONT, suffix) for address, suffix in front))
        session.commit()


def relate_in_portions(database: Database, source: str) -> None:
    """Work out the kin of all that came in and has none yet, and store it so that no writer waits long.

    All at once and while reading: in portions each article would be looked at four times over.
    """
    with database.reading() as session:
        waiting = set(queries.unrelated(session, source))
        subjects = all_subjects(session) if waiting else []
    lists = kin_of_many(subjects, waiting)
    named = {found.id for kept in lists.values() for found in kept} - waiting
    lists |= kin_of_many(subjects, named)
    ids = sorted(lists)
    for start in range(0, len(ids), KIN_AT_ONCE):
        some = ids[start : start + KIN_AT_ONCE]
        with database.writing() as session:
            writes.store_kin(session, {one: lists[one] for one in some})
            bump(session, map(things.article, some))
            session.commit()


def _uses(desk: Desk, kind: str) -> Iterator[int]:
    return (count for (taxonomy, _), count in desk.survey.uses.items() if taxonomy == kind)


def _archives(desk: Desk) -> Iterator[Leading]:
    survey, known = desk.survey, desk.archives.known
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


def _files(desk: Desk, session: Session) -> Iterator[Leading]:
    """Lead from a file's page to the article that it was uploaded to, else to itself, else to the front."""
    survey = desk.survey
    parents = {parent for _, parent in survey.attachment_links.values() if parent and parent != "0"}
    known = queries.known_things(session, survey.source, "number", parents)
    for number, (link, parent) in survey.attachment_links.items():
        brought_in = desk.pictures.name_of(survey.attachments[number].url)
        if parent in known:
            thing = things.article(article_id_of(known[parent]))
        else:
            thing = f"media:{brought_in}" if brought_in else things.FRONT
        found = old_addresses.of_attachment(number, link, survey)
        yield from ((address, thing, suffix) for address, suffix in found)
