"""What is asked of an article when a comment on it comes in."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleKind, ArticleStatus
from cms.db import UtcTime


@dataclass(frozen=True, slots=True)
class CommentedArticle:
    """An article without its text, authors and tags."""

    id: int
    kind: ArticleKind
    slug: str
    title: str
    language: str
    status: ArticleStatus
    publish_at: datetime
    comments_open: bool
    comments_close_at: datetime | None

    @property
    def is_retracted(self) -> bool:
        """Whether the desk has taken it back for good (410)."""
        return self.status is ArticleStatus.RETRACTED


_BY_SLUG = sa.select(
    col(Article.id),
    col(Article.kind),
    col(Article.slug),
    col(Article.title),
    col(Article.language),
    col(Article.status),
    col(Article.publish_at),
    col(Article.comments_open),
    col(Article.comments_close_at),
).where(
    col(Article.kind) == sa.bindparam("kind"),
    col(Article.slug) == sa.bindparam("slug"),
    col(Article.status).in_([ArticleStatus.PUBLISHED, ArticleStatus.RETRACTED]),
    col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
)


def commented_article(
    session: Session, kind: ArticleKind, slug: str, *, now: datetime
) -> CommentedArticle | None:
    """Return the article at `slug` if it is public, or retracted; one SELECT."""
    row = session.execute(_BY_SLUG, {"kind": kind.value, "slug": slug, "now": now}).one_or_none()
    return CommentedArticle(*row) if row else None
