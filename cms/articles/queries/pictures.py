"""Which pictures articles show, by the names of their files."""

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.articles.queries.kin import IS_IN_PRINT


def newest_pictures(session: Session, size: int) -> list[str]:
    """Return the names, below the media folder, of the pictures above the newest articles in print; one SELECT."""
    statement = (
        sa.select(col(Article.image_path))
        .where(IS_IN_PRINT, col(Article.image_path) != "")
        .order_by(col(Article.publish_at).desc(), col(Article.id).desc())
        .limit(size)
    )
    return list(session.execute(statement).scalars())
