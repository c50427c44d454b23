"""Unique slugs for new articles."""

from sqlmodel import Session

from cms.articles.models import ArticleKind
from cms.articles.rules import numbered
from cms.exchange.actions.preparing import PreparedItem
from cms.exchange.queries import imported

TRIED_AT_ONCE = 50  # numbers tried for a slug in one query


def unique_slugs(session: Session, new: list[PreparedItem]) -> dict[str, str]:
    """Return a slug for each new article that no other of its kind has."""
    found: dict[str, str] = {}
    for is_page in (False, True):
        some = [one for one in new if one.incoming and one.incoming.is_page is is_page]
        kind = ArticleKind.PAGE if is_page else ArticleKind.ARTICLE
        wanted = {one.arrival.key: _wanted_slug(one) for one in some}
        taken = imported.slugs_taken(session, kind, wanted.values())
        for key, slug in wanted.items():
            found[key] = _free_slug(session, kind, slug, taken) if slug in taken else slug
            taken.add(found[key])
    return found


def _wanted_slug(item: PreparedItem) -> str:
    kind = "page" if item.incoming and item.incoming.is_page else "article"
    return (item.incoming.slug if item.incoming else "") or f"{kind}-{item.arrival.post_id or 1}"


def _free_slug(session: Session, kind: ArticleKind, base: str, taken: set[str]) -> str:
    number = 2
    while True:
        candidates = [numbered(base, one) for one in range(number, number + TRIED_AT_ONCE)]
        used = imported.slugs_taken(session, kind, candidates) | taken
        free = next((one for one in candidates if one not in used), None)
        if free:
            return free
        number += TRIED_AT_ONCE
