"""What is asked of an article when a comment on it comes in."""

from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from cms.articles.models import Article, ArticleKind, ArticleStatus
from cms.db import table_of
from cms.moderation.queries.closing import TAKES_COMMENTS
from cms.storage.prebuilt import Prebuilt


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
    comments_paused_until: datetime | None

    @property
    def is_retracted(self) -> bool:
        """Whether the desk has taken it back for good (410)."""
        return self.status is ArticleStatus.RETRACTED


_ARTICLE = table_of(Article)
_BY_SLUG = Prebuilt(  # whatever the moment, so that those who comment on it together ask the same
    sa.select(
        *(
            TAKES_COMMENTS if one.name == "comments_open" else _ARTICLE.c[one.name]
            for one in fields(CommentedArticle)
        )
    ).where(
        _ARTICLE.c.kind == sa.bindparam("kind"),
        _ARTICLE.c.slug == sa.bindparam("slug"),
        sa.or_(_ARTICLE.c.status == ArticleStatus.PUBLISHED, _ARTICLE.c.status == ArticleStatus.RETRACTED),
    )
)


def commented_article(
    session: Session, kind: ArticleKind, slug: str, *, now: datetime
) -> CommentedArticle | None:
    """Return the article at `slug` if it is public, or retracted; one SELECT."""
    row = _BY_SLUG.first(session, {"kind": kind, "slug": slug})
    return CommentedArticle(*row) if row and row.publish_at <= now else None
