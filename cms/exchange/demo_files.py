"""The demonstration newspaper as its files tell it."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "demo"


@dataclass(frozen=True, slots=True)
class DemoComment:
    """One comment of the demonstration, as it was typed."""

    key: str
    reply_to: str
    name: str
    email: str
    at: datetime
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """One article or static page of the demonstration; `fields` are as in its file."""

    fields: dict[str, Any]
    kind: str
    publish_at: datetime
    comments: tuple[DemoComment, ...]


def newspaper() -> dict[str, Any]:
    """Return name, tagline, sections and authors of the newspaper."""
    return tomllib.loads((FOLDER / "site.toml").read_text("utf-8"))


def articles(now: datetime) -> Iterator[DemoArticle]:
    """Yield every article and page, oldest first, as if the newspaper had been at work until `now`."""
    found = [
        _article(path, now) for folder in ("articles", "pages") for path in (FOLDER / folder).glob("*.toml")
    ]
    yield from sorted(found, key=lambda article: article.publish_at)


def _article(path: Path, now: datetime) -> DemoArticle:
    fields = tomllib.loads(path.read_text("utf-8"))
    publish_at = now - timedelta(days=fields.get("days_ago", 30))
    comments = tuple(_comment(comment, publish_at, now) for comment in fields.get("comment", []))
    kind = "page" if path.parent.name == "pages" else "article"
    return DemoArticle(fields, kind, publish_at, tuple(sorted(comments, key=lambda comment: comment.at)))


def _comment(fields: dict[str, Any], publish_at: datetime, now: datetime) -> DemoComment:
    return DemoComment(
        key=fields["key"],
        reply_to=fields.get("reply_to", ""),
        name=fields["name"],
        email=fields["email"],
        at=min(publish_at + timedelta(hours=fields["hours_after"]), now),
        status=fields["status"],
        text=fields["text"],
    )
