"""How the comments of an article stand, and who closed, slowed down or opened them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import Article
from cms.articles.rules import address_of
from cms.limits.queries import slow_until
from cms.moderation.models import Pause
from cms.moderation.pauses import PauseKind

LISTED = 50  # what was done to one article's comments; the newest


@dataclass(frozen=True, slots=True)
class PauseEntry:
    """What somebody did to an article's comments; `until` is None where she ended it."""

    id: int
    kind: PauseKind
    until: datetime | None
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PausedArticle:
    """An article's comments: closed and slow until when, None for neither, and what was done, newest first."""

    id: int
    title: str
    address: str
    language: str
    closed_until: datetime | None
    slow_until: datetime | None
    entries: tuple[PauseEntry, ...]

    @property
    def newest(self) -> int:
        """The id of what was done last, 0 for nothing yet."""
        return self.entries[0].id if self.entries else 0


_ARTICLE = sa.select(
    col(Article.id),
    col(Article.kind),
    col(Article.slug),
    col(Article.title),
    col(Article.language),
    col(Article.comments_paused_until),
).where(col(Article.id) == sa.bindparam("article_id"))
_ENTRIES = (
    sa.select(col(Pause.id), col(Pause.kind), col(Pause.until), col(Staff.name), col(Pause.at))
    .join(Staff, col(Staff.id) == col(Pause.staff_id))
    .where(col(Pause.article_id) == sa.bindparam("article_id"))
    .order_by(col(Pause.id).desc())
    .limit(LISTED)
)


def paused_article(session: Session, article_id: int, now: datetime) -> PausedArticle | None:
    """Return how the comments of an article stand, or None where there is none; three SELECTs."""
    row = session.execute(_ARTICLE, {"article_id": article_id}).one_or_none()
    if row is None:
        return None
    until = row.comments_paused_until
    return PausedArticle(
        id=row.id,
        title=row.title,
        address=address_of(row.kind, row.slug),
        language=row.language,
        closed_until=until if until is not None and now < until else None,
        slow_until=slow_until(session, article_id, now=now),
        entries=tuple(PauseEntry(*entry) for entry in session.execute(_ENTRIES, {"article_id": article_id})),
    )
