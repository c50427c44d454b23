"""The authors, sections and tags of an import: matched with those of this site, or created."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel

from cms.articles.models import Author, Section, Tag
from cms.articles.rules import numbered, slug
from cms.exchange import writes
from cms.exchange.mapping import NAME_MAX, author_name, fitting_slug, plain
from cms.exchange.queries import imported
from cms.exchange.report import ImportReport
from cms.exchange.survey import Survey
from cms.exchange.wxr_events import WxrTerm

_TABLES: dict[str, type[SQLModel]] = {"author": Author, "section": Section, "tag": Tag}
_MORE: dict[str, dict[str, Any]] = {
    "author": {"bio": "", "language": "", "staff_id": None},
    "section": {},
    "tag": {},
}


@dataclass(slots=True)
class Archives:
    """The ids here of an export's authors, sections and tags, by their keys there; new ones wait for `store()`."""

    survey: Survey
    anonymous: str
    known: dict[str, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in _TABLES})
    _slugs: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)
    _next: dict[str, int] = field(default_factory=dict)
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in _TABLES})
    _taken: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in _TABLES})

    def load(self, session: Session) -> None:
        """Load what earlier runs imported."""
        for kind in _TABLES:
            self.known[kind] = imported.known_archives(session, self.survey.source, kind)

    def begin(self, session: Session) -> None:
        """Load the slugs and ids in use; call in the transaction that stores."""
        for kind, table in _TABLES.items():
            self._slugs[kind] = imported.archives_by_slug(session, kind)
            highest = max(self.known[kind].values(), default=0)
            self._next[kind] = max(imported.highest_id(session, table), highest) + 1

    def author(self, login: str) -> int:
        """Return the id of the author whose WordPress login is `login`."""
        name = author_name(login, self.survey) or self.anonymous
        return self._id(
            "author", login, name, lambda: slug(name) or slug(login.partition("@")[0]) or "author"
        )

    def section(self, term: WxrTerm) -> int:
        """Return the id of the section that a category becomes."""
        return self._id(
            "section", term.slug, _name(term), lambda: fitting_slug(term.slug) or slug(_name(term))
        )

    def tag(self, term: WxrTerm) -> int:
        """Return the id of the tag that a tag or a further category becomes."""
        return self._id("tag", term.slug, _name(term), lambda: fitting_slug(term.slug) or slug(_name(term)))

    def store(self, session: Session, now: datetime) -> None:
        """Store what is new."""
        for kind, table in _TABLES.items():
            writes.add_rows(session, table, self._rows[kind])
            things = {key: (f"{kind}:{self.known[kind][key]}", "", 1) for key in self._taken[kind]}
            writes.remember(session, self.survey.source, kind, things, now)

    def count(self, report: ImportReport) -> None:
        """Count what was stored, and clear it for the next batch."""
        report.authors += len(self._rows["author"])
        report.sections += len(self._rows["section"])
        report.tags += len(self._rows["tag"])
        for kind in _TABLES:
            self._rows[kind], self._taken[kind] = [], []

    def _id(self, kind: str, key: str, name: str, wanted: Callable[[], str]) -> int:
        key = key[:600]
        if key in self.known[kind]:
            return self.known[kind][key]
        base = wanted() or kind
        found = self._slugs[kind].get(base)
        # Two people of the old site stay two, even if they have the same name.
        is_another = kind == "author" and found is not None and found[0] in self.known[kind].values()
        if found is None or is_another or found[1].casefold() != name.casefold():
            found = self._new(kind, base, name)
        self.known[kind][key] = found[0]
        self._taken[kind].append(key)
        return found[0]

    def _new(self, kind: str, base: str, name: str) -> tuple[int, str]:
        slugs, number, unique = self._slugs[kind], 1, base
        while unique in slugs:
            number += 1
            unique = numbered(base, number)
        identity = self._next[kind]
        self._next[kind] += 1
        slugs[unique] = (identity, name)
        self._rows[kind].append({"id": identity, "slug": unique, "name": name, **_MORE[kind]})
        return slugs[unique]


def _name(term: WxrTerm) -> str:
    return (plain(term.name) or fitting_slug(term.slug) or "…")[:NAME_MAX]
