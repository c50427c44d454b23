"""What an import did, in numbers and in words."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cms.exchange.mapping import Skipped


@dataclass(frozen=True, slots=True)
class ImportConflict:
    """An article that has changed on both sides since it came in; it was left as it is here."""

    what: str
    address: str
    why: str = "changed here and in the export since it was brought in; left as it is here"


@dataclass(slots=True)
class ImportReport:
    """What one run brought in; a second run of the same export counts all as unchanged."""

    articles: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    authors: int = 0
    sections: int = 0
    tags: int = 0
    comments: Counter[str] = field(default_factory=Counter)
    mentions: int = 0
    unchanged: int = 0
    updated: int = 0
    conflicts: list[ImportConflict] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    media: Counter[str] = field(default_factory=Counter)
    shortcodes: Counter[str] = field(default_factory=Counter)
    empty_blocks: Counter[str] = field(default_factory=Counter)
    damage: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the report as DESIGN words it, with what else is worth knowing behind."""
        return {
            "articles": {kind: self.articles[kind] for kind in ("published", "scheduled", "draft")},
            "pages": self.pages,
            "authors": self.authors,
            "sections": self.sections,
            "tags": self.tags,
            "comments": {state: self.comments[state] for state in ("approved", "held", "spam", "rejected")},
            "mentions": self.mentions,
            "unchanged": self.unchanged,
            "updated": self.updated,
            "conflicts": [
                {"what": found.what, "address": found.address, "why": found.why} for found in self.conflicts
            ],
            "skipped": [_skipped(found) for found in self.skipped],
            "media": {kind: self.media[kind] for kind in ("brought_in", "missing", "refused")},
            "shortcodes": dict(sorted(self.shortcodes.items())),
            "blocks": dict(sorted(self.empty_blocks.items())),
            "damage": self.damage or None,
        }

    def lines(self) -> list[str]:
        """Return the report for a terminal, a line a kind of thing."""
        said = self.as_json()
        found = [f"{_counted(said['articles'])} (articles)", f"{self.pages} pages"]
        found += [f"{self.authors} authors, {self.sections} sections, {self.tags} tags"]
        found += [f"{_counted(said['comments'])} (comments)", f"{self.mentions} mentions, not shown"]
        found += [f"{self.unchanged} unchanged, {self.updated} updated"]
        found += [f"{_counted(said['media'])} (files)"] if any(said["media"].values()) else []
        found += [f"conflict: {one.what}: {one.why} ({one.address})" for one in self.conflicts]
        found += [f"skipped: {_named(one)}: {one.why}" for one in self.skipped]
        found += [
            f"unknown shortcode [{name}], left as typed: {count}"
            for name, count in said["shortcodes"].items()
        ]
        found += [f"block {name} has nothing to show here: {count}" for name, count in said["blocks"].items()]
        return found + ([self.damage] if self.damage else [])


def _skipped(found: Skipped) -> dict[str, Any]:
    row: dict[str, Any] = {"what": found.what, "why": found.why}
    return row if found.count == 1 else {**row, "count": found.count}


def _named(found: Skipped) -> str:
    return found.what if found.count == 1 else f"{found.count} × {found.what}"


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in numbers.items())
