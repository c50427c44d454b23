"""Which pages an article stands on, by the names of the things that they are made of."""

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleAuthor, ArticleKind, ArticleTag, Related
from cms.articles.queries.kin import IS_IN_PRINT
from cms.db import UtcTime
from cms.pages import rules as things

_ARTICLE = sa.select(col(Article.kind), col(Article.publish_at), col(Article.section_id)).where(
    col(Article.id) == sa.bindparam("id")
)
_AUTHORS = sa.select(col(ArticleAuthor.author_id)).where(col(ArticleAuthor.article_id) == sa.bindparam("id"))
_TAGS = sa.select(col(ArticleTag.tag_id)).where(col(ArticleTag.article_id) == sa.bindparam("id"))
_NAMED_AS_KIN_BY = sa.select(col(Related.article_id)).where(col(Related.related_id) == sa.bindparam("id"))
_BY_TIME = sa.tuple_(col(Article.publish_at), col(Article.id))
_HERE = sa.tuple_(sa.bindparam("at", type_=UtcTime()), sa.bindparam("id"))
_BEFORE = (
    sa.select(col(Article.id))
    .where(IS_IN_PRINT, _BY_TIME < _HERE)
    .order_by(col(Article.publish_at).desc(), col(Article.id).desc())
    .limit(1)
)
_BEHIND = (
    sa.select(col(Article.id))
    .where(IS_IN_PRINT, _BY_TIME > _HERE)
    .order_by(col(Article.publish_at), col(Article.id))
    .limit(1)
)


def things_touched_by(session: Session, article_id: int) -> list[str]:
    """Return what changes with an article: itself, its lists, neighbours in time, all that name it as kin.

    Ask before *and* after a change that may move it (its time, authors, tags, section or state), bump both:
    the neighbours that it leaves change as well. Six SELECTs.
    """
    row = session.execute(_ARTICLE, {"id": article_id}).one_or_none()
    if row is None:
        return []
    if row.kind is ArticleKind.PAGE:
        return [things.article(article_id), things.FRONT]  # the front stands for the sitemap here
    here = {"id": article_id, "at": row.publish_at}
    near = [*session.execute(_NAMED_AS_KIN_BY, here).scalars()]
    if row.publish_at is not None:
        near += [*session.execute(_BEFORE, here).scalars(), *session.execute(_BEHIND, here).scalars()]
    return [
        things.article(article_id),
        *map(things.article, sorted(set(near))),
        *map(things.author, session.execute(_AUTHORS, here).scalars()),
        *map(things.tag, session.execute(_TAGS, here).scalars()),
        *([things.section(row.section_id)] if row.section_id is not None else []),
        things.FRONT,
    ]
