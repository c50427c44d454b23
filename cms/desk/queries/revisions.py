"""What an article said before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.desk.models import ArticleRevision


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One of an article's versions: its title, when it was stored, and by whom, "" for nobody known."""

    version: int
    title: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Revision:
    """The words of one version, when they were stored, and by whom, "" for nobody known."""

    version: int
    title: str
    standfirst: str
    body_html: str
    at: datetime
    by: str


def revisions_of(session: Session, article_id: int) -> tuple[RevisionLine, ...]:
    """Return the versions that are kept of an article, newest first; one SELECT.

    The first of them holds what the article says now. There are never more than `writes.KEPT_REVISIONS`.
    """
    rows = session.execute(
        _selected(ArticleRevision.title)
        .where(col(ArticleRevision.article_id) == article_id)
        .order_by(col(ArticleRevision.version).desc())
    )
    return tuple(RevisionLine(row.version, row.title, row.at, row.by or "") for row in rows)


def revision(session: Session, article_id: int, version: int) -> Revision | None:
    """Return the words of one version, or None where none are kept; one SELECT."""
    row = session.execute(
        _selected(ArticleRevision.title, ArticleRevision.standfirst, ArticleRevision.body_html).where(
            col(ArticleRevision.article_id) == article_id, col(ArticleRevision.version) == version
        )
    ).one_or_none()
    if row is None:
        return None
    return Revision(row.version, row.title, row.standfirst, row.body_html, row.at, row.by or "")


def _selected(*columns: Any) -> sa.Select[*tuple[Any, ...]]:  # Any: columns of many kinds
    return sa.select(
        col(ArticleRevision.version), *columns, col(ArticleRevision.at), col(Staff.name).label("by")
    ).outerjoin(Staff, col(Staff.id) == col(ArticleRevision.staff_id))
