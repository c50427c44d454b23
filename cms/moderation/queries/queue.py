"""What the moderation queue shows: comments with all that a decision about them needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import Article
from cms.articles.rules import Cursor, address_of
from cms.comments.classifier import Weights, telling_words
from cms.comments.models import Comment, CommentEdit, HoldReason
from cms.comments.queries import learnt
from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode, Reason, strongest_first
from cms.db import UtcTime, stored_as_value
from cms.moderation.models import Decision, ModeratorChoice
from cms.moderation.queries.changes import EDIT_COLUMNS, IS_ITS_EDIT, Change, changes
from cms.moderation.queries.standing import LAST_ENTRY
from cms.moderation.rules import COUNTED_MAX, Deed, link_addresses


@dataclass(frozen=True, slots=True)
class ArticleBeside:
    """The article that a comment is about."""

    title: str
    address: str
    language: str
    publish_at: datetime | None


@dataclass(frozen=True, slots=True)
class ParentBeside:
    """The comment that one answers; `is_gone` where it was withdrawn or erased."""

    id: int
    name: str
    body_html: str
    status: CommentStatus
    is_gone: bool


@dataclass(frozen=True, slots=True)
class LastDecision:
    """What was last decided about a comment; `by_name` is empty where nobody of staff did."""

    id: int
    deed: Deed
    by_name: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class QueueCard:
    """One comment to decide about; where its writer wants another text, that one, with what it changes.

    `telling` are the words for which it looks like spam, as they stand in it.
    """

    id: int
    name: str
    body_html: str
    links: tuple[str, ...]
    created_at: datetime
    status: CommentStatus
    is_gone: bool
    article: ArticleBeside
    parent: ParentBeside | None
    reasons: tuple[Reason, ...]
    telling: tuple[str, ...]
    decided: LastDecision | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue as the log stood at its entry `as_of`; `counts` stop above COUNTED_MAX."""

    cards: tuple[QueueCard, ...]
    next_page: Cursor | None
    counts: dict[CommentStatus, int]
    escalated: int
    as_of: int
    shortcuts: bool


TOLD_FROM_PERCENT = 60  # likeness to spam from which a card names the words; below it they say little
_PARENT = aliased(Comment)
_PARENT_GONE = sa.or_(col(_PARENT.withdrawn_at).is_not(None), col(_PARENT.erased_at).is_not(None))
_REMAINS = sa.and_(col(Comment.withdrawn_at).is_(None), col(Comment.erased_at).is_(None))
_WAITS = col(Comment.waiting_since).is_not(None)
# What came in already decided, by an import, was decided when it was written as far as this house knows.
_DECIDED_AT = sa.func.coalesce(col(Comment.decided_at), col(Comment.created_at), type_=UtcTime())
_CARDS: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Comment.id),
        col(Comment.name),
        col(Comment.body_html),
        col(Comment.created_at),
        col(Comment.status),
        sa.not_(_REMAINS).label("is_gone"),
        col(Comment.waiting_since),
        col(Comment.escalated_at),
        _DECIDED_AT.label("decided_at"),
        col(Article.kind),
        col(Article.slug),
        col(Article.title),
        col(Article.language),
        col(Article.publish_at),
        col(_PARENT.id).label("parent_id"),
        col(_PARENT.name).label("parent_name"),
        col(_PARENT.body_html).label("parent_body_html"),
        col(_PARENT.status).label("parent_status"),
        _PARENT_GONE.label("parent_is_gone"),
        col(Decision.id).label("entry_id"),
        col(Decision.deed),
        col(Decision.reason),
        col(Decision.at),
        col(Staff.name).label("by_name"),
        *EDIT_COLUMNS,
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .outerjoin(CommentEdit, IS_ITS_EDIT)
    .outerjoin(_PARENT, col(_PARENT.id) == col(Comment.parent_id))
    .outerjoin(Decision, col(Decision.id) == LAST_ENTRY)
    .outerjoin(Staff, col(Staff.id) == col(Decision.staff_id))
)
_WITH_STATUS = _CARDS.where(
    col(Comment.status) == sa.bindparam("status", type_=stored_as_value(CommentStatus, "comment_status")),
    _REMAINS,
)
_WAITING = _CARDS.where(_WAITS)
_ESCALATED = _CARDS.where(col(Comment.escalated_at).is_not(None)).order_by(
    col(Comment.escalated_at), col(Comment.id)
)
_ONE = _CARDS.where(col(Comment.id) == sa.bindparam("comment_id"))
_REASONS = (
    sa.select(col(HoldReason.comment_id), col(HoldReason.code), col(HoldReason.measure))
    .where(col(HoldReason.comment_id).in_(sa.bindparam("ids", expanding=True)))
    .order_by(col(HoldReason.comment_id), col(HoldReason.code))
)


def _counted(status: CommentStatus) -> sa.ScalarSelect[int]:
    waits = status is CommentStatus.HELD
    return _count(_WAITS if waits else sa.and_(col(Comment.status) == status, _REMAINS))


def _count(counts: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    some = sa.select(sa.literal(1)).select_from(Comment).where(counts)
    return sa.select(sa.func.count()).select_from(some.limit(COUNTED_MAX + 1).subquery()).scalar_subquery()


_FIGURES = sa.select(
    *[_counted(status).label(status.value) for status in CommentStatus],
    _count(col(Comment.escalated_at).is_not(None)).label("escalated"),
    sa.select(sa.func.max(col(Decision.id))).scalar_subquery().label("as_of"),
    sa.select(col(ModeratorChoice.shortcuts))
    .where(col(ModeratorChoice.staff_id) == sa.bindparam("staff_id"))
    .scalar_subquery()
    .label("shortcuts"),
)


def queue_page(
    session: Session, status: CommentStatus, staff_id: int, *, after: Cursor | None, size: int
) -> QueuePage:
    """Return `size` comments from behind `after`: what waits, longest first, others newest decided first.

    Four SELECTs, two where there is no comment.
    """
    figures = session.execute(_FIGURES, {"staff_id": staff_id}).one()
    asked = {} if status is CommentStatus.HELD else {"status": status}
    rows = session.execute(_ordered(status, after).limit(size + 1), asked).all()
    shown = rows[:size]
    end = Cursor(_moment(shown[-1], status), shown[-1].id) if len(rows) > size else None
    return _page(session, shown, end, figures)


def escalated_page(session: Session, staff_id: int, *, after: Cursor | None, size: int) -> QueuePage:
    """Return `size` comments about which somebody asks for another look, longest ago first; four SELECTs at most."""
    figures = session.execute(_FIGURES, {"staff_id": staff_id}).one()
    statement = _ESCALATED.limit(size + 1)
    if after is not None:
        place = sa.tuple_(col(Comment.escalated_at), col(Comment.id))
        end = sa.tuple_(sa.literal(after.at, type_=UtcTime()), sa.literal(after.id))
        statement = statement.where(place > end)
    rows = session.execute(statement).all()
    shown = rows[:size]
    last = Cursor(shown[-1].escalated_at, shown[-1].id) if len(rows) > size else None
    return _page(session, shown, last, figures)


def single_card(session: Session, comment_id: int, staff_id: int) -> QueuePage:
    """Return a page with one comment, whatever its state, or with none; four SELECTs at most."""
    figures = session.execute(_FIGURES, {"staff_id": staff_id}).one()
    return _page(session, session.execute(_ONE, {"comment_id": comment_id}).all(), None, figures)


def waiting_count(session: Session) -> int:
    """Return how many comments are held, COUNTED_MAX + 1 for more than that; one SELECT."""
    found: int = session.execute(sa.select(_counted(CommentStatus.HELD))).scalar_one()
    return found


def _page(session: Session, rows: Iterable[Any], end: Cursor | None, figures: Any) -> QueuePage:
    return QueuePage(
        cards=_cards(session, rows),
        next_page=end,
        counts={status: getattr(figures, status.value) for status in CommentStatus},
        escalated=figures.escalated,
        as_of=figures.as_of or 0,
        shortcuts=figures.shortcuts is not False,
    )


def _ordered(status: CommentStatus, after: Cursor | None) -> sa.Select[*tuple[Any, ...]]:
    waits = status is CommentStatus.HELD
    moment = col(Comment.waiting_since) if waits else _DECIDED_AT
    order = (moment, col(Comment.id)) if waits else (moment.desc(), col(Comment.id).desc())
    statement = (_WAITING if waits else _WITH_STATUS).order_by(*order)
    if after is None:
        return statement
    place = sa.tuple_(moment, col(Comment.id))
    end = sa.tuple_(sa.literal(after.at, type_=UtcTime()), sa.literal(after.id))
    return statement.where(place > end if waits else place < end)


def _moment(row: Any, status: CommentStatus) -> datetime:
    moment: datetime = row.waiting_since if status is CommentStatus.HELD else row.decided_at
    return moment


def _cards(session: Session, rows: Iterable[Any]) -> tuple[QueueCard, ...]:
    rows = list(rows)
    reasons = _reasons(session, [row.id for row in rows])
    weights = learnt.weights(session) if any(map(_looks_like_spam, reasons.values())) else None
    changed = changes(session, rows)
    return tuple(_card(row, reasons.get(row.id, ()), changed.get(row.id), weights) for row in rows)


def _looks_like_spam(reasons: Iterable[Reason]) -> bool:
    return any(one.code is HoldCode.WORDS and one.measure >= TOLD_FROM_PERCENT for one in reasons)


def _reasons(session: Session, ids: list[int]) -> dict[int, tuple[Reason, ...]]:
    found: dict[int, tuple[Reason, ...]] = {}
    if not ids:
        return found
    for row in session.execute(_REASONS, {"ids": ids}):
        found[row.comment_id] = (*found.get(row.comment_id, ()), Reason(row.code, row.measure))
    return {number: strongest_first(some) for number, some in found.items()}


def _card(row: Any, reasons: tuple[Reason, ...], change: Change | None, weights: Weights | None) -> QueueCard:
    tells = weights is not None and _looks_like_spam(reasons)
    is_edit = change is not None and change.is_edit
    body_html = row.edit_html if is_edit else row.body_html
    return QueueCard(
        id=row.id,
        name=row.edit_name if is_edit else row.name,
        body_html=body_html,
        links=link_addresses(body_html),
        created_at=row.created_at,
        status=row.status,
        is_gone=bool(row.is_gone),
        article=ArticleBeside(row.title, address_of(row.kind, row.slug), row.language, row.publish_at),
        parent=_parent(row),
        reasons=reasons,
        telling=telling_words(row.edit_text if is_edit else row.body_text, weights)
        if tells and weights
        else (),
        decided=_decided(row),
        change=change,
    )


def _parent(row: Any) -> ParentBeside | None:
    if row.parent_id is None:
        return None
    return ParentBeside(
        row.parent_id, row.parent_name, row.parent_body_html, row.parent_status, bool(row.parent_is_gone)
    )


def _decided(row: Any) -> LastDecision | None:
    if row.entry_id is None or row.deed is Deed.SUBMITTED:
        return None
    return LastDecision(row.entry_id, row.deed, row.by_name or "", row.at, row.reason)
