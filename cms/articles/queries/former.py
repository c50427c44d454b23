"""Where a thing that had an address before is now."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, Author, FormerAddress, Section, Tag
from cms.articles.rules import address_of

_LOOKUP = sa.select(col(FormerAddress.thing), col(FormerAddress.suffix)).where(
    col(FormerAddress.address) == sa.bindparam("address")
)
_SLUGS: dict[str, Any] = {  # Any: SELECTs whose rows differ in type, not in kind
    "article": sa.select(col(Article.kind), col(Article.slug)).where(col(Article.id) == sa.bindparam("id")),
    "author": sa.select(sa.literal("author"), col(Author.slug)).where(col(Author.id) == sa.bindparam("id")),
    "section": sa.select(sa.literal("section"), col(Section.slug)).where(
        col(Section.id) == sa.bindparam("id")
    ),
    "tag": sa.select(sa.literal("tag"), col(Tag.slug)).where(col(Tag.id) == sa.bindparam("id")),
}


def address_now(session: Session, address: str) -> str | None:
    """Return the present path of what had the normalised `address`, or None; at most two SELECTs."""
    row = session.execute(_LOOKUP, {"address": address}).one_or_none()
    if row is None:
        return None
    kind, _, name = row.thing.partition(":")
    if kind == "front":
        return row.suffix or "/"
    if kind == "media":
        return f"/media/{name}"
    found = session.execute(_SLUGS[kind], {"id": int(name)}).one_or_none()
    return address_of(*found) + row.suffix if found else None
