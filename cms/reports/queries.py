"""A published comment as somebody sees it who reports it, and what readers had against comments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleStatus
from cms.articles.rules import address_of
from cms.comments.models import Comment
from cms.comments.queries.visible import is_visible
from cms.comments.rules import place_address
from cms.db import UtcTime
from cms.reports.models import Report
from cms.reports.rules import ReportReason

READ = 100  # open reports of a page's comments that are read out; the number itself is counted on the row
WORDS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ReportedComment:
    """A published comment with the way back to it."""

    id: int
    name: str
    body_html: str
    language: str
    article_title: str
    address: str


@dataclass(frozen=True, slots=True)
class Reports:
    """What readers have against a comment: how often each reason among the newest, and some of their own words."""

    by_reason: dict[ReportReason, int]
    words: tuple[str, ...]


_VISIBLE: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Comment.id),
        col(Comment.name),
        col(Comment.body_html),
        col(Article.language),
        col(Article.title),
        col(Article.kind),
        col(Article.slug),
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .where(
        col(Comment.id) == sa.bindparam("comment_id"),
        is_visible(),
        col(Article.status) == ArticleStatus.PUBLISHED,
        col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
    )
)
_OPEN = (
    sa.select(col(Report.comment_id), col(Report.reason), col(Report.body_text))
    .where(
        col(Report.comment_id).in_(sa.bindparam("ids", expanding=True)),
        col(Report.settled_by).is_(None),
    )
    .order_by(col(Report.id).desc())
    .limit(READ)
)


def reported_comment(session: Session, comment_id: int, *, now: datetime) -> ReportedComment | None:
    """Return a comment that readers see, or None; one SELECT."""
    row = session.execute(_VISIBLE, {"comment_id": comment_id, "now": now}).one_or_none()
    if row is None:
        return None
    address = place_address(address_of(row.kind, row.slug), row.id)
    return ReportedComment(row.id, row.name, row.body_html, row.language, row.title, address)


def open_reports(session: Session, ids: Sequence[int]) -> dict[int, Reports]:
    """Return what readers have against comments, by id; one SELECT, none without ids."""
    found: dict[int, Reports] = {}
    for row in session.execute(_OPEN, {"ids": ids}) if ids else ():
        so_far = found.get(row.comment_id, Reports({}, ()))
        by_reason = {**so_far.by_reason, row.reason: so_far.by_reason.get(row.reason, 0) + 1}
        words = (*so_far.words, row.body_text) if row.body_text else so_far.words
        found[row.comment_id] = Reports(by_reason, words[:WORDS_SHOWN])
    return found
