"""The read models of an article's page: named tuples, so that its parts can be cached by them (`cms.answering.shown.once`)."""

from datetime import datetime
from typing import NamedTuple

from cms.articles.models import ArticleKind, ArticleStatus
from cms.articles.queries.cards import NamedLink, Picture
from cms.articles.rules import reading_minutes


class Headline(NamedTuple):
    """Another article, as a link shows it."""

    slug: str
    title: str
    language: str
    publish_at: datetime


class AuthorLine(NamedTuple):
    """One author of a byline."""

    id: int
    slug: str
    name: str
    bio: str


class MoreFrom(NamedTuple):
    """The newest other articles of one author."""

    author: AuthorLine
    headlines: tuple[Headline, ...]


class TagLink(NamedTuple):
    """One subject of an article."""

    id: int
    slug: str
    name: str


class ArticlePage(NamedTuple):
    """An article, as its page shows it."""

    id: int
    kind: ArticleKind
    slug: str
    title: str
    standfirst: str
    body_html: str
    body_text: str
    language: str
    status: ArticleStatus
    publish_at: datetime
    updated_at: datetime | None
    section_id: int | None
    section: NamedLink | None
    picture: Picture | None
    comments_open: bool
    comments_close_at: datetime | None
    comments_paused_until: datetime | None
    authors: tuple[AuthorLine, ...]
    tags: tuple[TagLink, ...]

    @property
    def is_retracted(self) -> bool:
        """Whether the desk has taken it back for good (410)."""
        return self.status is ArticleStatus.RETRACTED

    @property
    def reading_minutes(self) -> int:
        """How many minutes it takes to read."""
        return reading_minutes(self.body_text)


class Onward(NamedTuple):
    """Where an article leads: its authors' others, its neighbours in time, its kin in matter."""

    more_from: tuple[MoreFrom, ...]
    previous: Headline | None
    following: Headline | None
    related: tuple[Headline, ...]
