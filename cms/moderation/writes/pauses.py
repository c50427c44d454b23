"""Closing an article's comments for a time, and noting who did."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.moderation.models import Pause


def lock_article(session: Session, article_id: int) -> bool:
    """Let nobody else pause an article until this transaction ends; tell whether there is one."""
    locked = sa.select(col(Article.id)).where(col(Article.id) == article_id).with_for_update(key_share=True)
    return session.execute(locked).first() is not None


def close_until(session: Session, article_id: int, until: datetime | None) -> None:
    """Let an article take no comments until a moment, or take them again."""
    session.execute(
        sa.update(Article).where(col(Article.id) == article_id).values(comments_paused_until=until)
    )


def note_pause(session: Session, entry: Pause) -> None:
    """Keep who did what to an article's comments."""
    session.add(entry)
    session.flush()
