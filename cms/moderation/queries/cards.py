"""What a card of the queue shows: a comment with all that a decision about it needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import Article
from cms.articles.rules import address_of
from cms.comments.classifier import Weights, telling_words
from cms.comments.models import Comment, CommentEdit, HoldReason
from cms.comments.queries import learnt
from cms.comments.queries.editing import originals
from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode, Lane, Reason, strongest_first
from cms.db import UtcTime
from cms.moderation.marking import marked
from cms.moderation.models import Decision, DecisionNote
from cms.moderation.queries.branches import HAS_ANSWERS
from cms.moderation.queries.changes import EDIT_COLUMNS, IS_ITS_EDIT, Change, changes
from cms.moderation.queries.notes import LookAsked, NoteBeside, looks_asked, notes_beside
from cms.moderation.queries.standing import LAST_ENTRY
from cms.moderation.rules import MAY_BE_ESCALATED, EntryKind, link_addresses
from cms.reports.queries import Reports, open_reports
from cms.text.differences import difference_html


@dataclass(frozen=True, slots=True)
class ArticleBeside:
    """The article that a comment is about."""

    id: int
    title: str
    address: str
    language: str
    publish_at: datetime | None


@dataclass(frozen=True, slots=True)
class ParentBeside:
    """The comment that one answers; `is_gone` where it was withdrawn or erased, `is_swept` where its text is gone."""

    id: int
    name: str
    body_html: str
    status: CommentStatus
    is_gone: bool
    is_swept: bool


@dataclass(frozen=True, slots=True)
class LastDecision:
    """What was last decided about a comment; `by_name` is empty where nobody of staff did."""

    id: int
    deed: EntryKind
    by_name: str
    at: datetime
    reason: str
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class QueueCard:
    """One comment to decide about; where its writer wants another text, that one, with what it changes.

    `body_html` has what speaks against it marked while it waits; `telling` are the words for which it looks like spam,
    as they stand in it. `standing_text` is what it says now, `correction_html` what an editor changed in it. `fold_id` is
    that of its near-copies, 0 for none. `look_asked` stands while it is on the editors' list.
    """

    id: int
    name: str
    body_html: str
    body_text: str = field(repr=False)
    links: tuple[str, ...]
    created_at: datetime
    status: CommentStatus
    lane: Lane
    fold_id: int
    is_gone: bool
    is_swept: bool
    article: ArticleBeside
    parent: ParentBeside | None
    reasons: tuple[Reason, ...]
    telling: tuple[str, ...]
    decided: LastDecision | None
    change: Change | None
    is_staff: bool
    is_featured: bool
    has_answers: bool
    standing_text: str = field(repr=False)
    correction_html: str
    look_asked: LookAsked | None
    notes: tuple[NoteBeside, ...]
    knows_commenter: bool
    reported: int
    reports: Reports | None

    @property
    def can_escalate(self) -> bool:
        """Whether an editor may be asked to look: it is not decided against, nor gone."""
        return not self.is_gone and self.status in MAY_BE_ESCALATED


TOLD_FROM_PERCENT = 60  # likeness to spam from which a card names the words; below it they say little
_PARENT = aliased(Comment)
_PARENT_GONE = sa.or_(col(_PARENT.withdrawn_at).is_not(None), col(_PARENT.erased_at).is_not(None))
REMAINS = sa.and_(col(Comment.withdrawn_at).is_(None), col(Comment.erased_at).is_(None))
# What came in already decided, by an import, was decided when it was written as far as this house knows.
DECIDED_AT = sa.func.coalesce(col(Comment.decided_at), col(Comment.created_at), type_=UtcTime())
CARDS: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Comment.id),
        col(Comment.name),
        col(Comment.body_html),
        col(Comment.created_at),
        col(Comment.status),
        col(Comment.lane),
        col(Comment.fold_id),
        sa.not_(REMAINS).label("is_gone"),
        col(Comment.swept_at).is_not(None).label("is_swept"),
        col(Comment.staff_id).is_not(None).label("is_staff"),
        col(Comment.featured_at).is_not(None).label("is_featured"),
        HAS_ANSWERS.label("has_answers"),
        col(Comment.corrected_at),
        col(Comment.waiting_since),
        col(Comment.escalated_at),
        col(Comment.reports),
        col(Comment.reported_at),
        col(Comment.email_fingerprint).is_not(None).label("knows_commenter"),
        DECIDED_AT.label("decided_at"),
        col(Article.id).label("article_id"),
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
        col(_PARENT.swept_at).is_not(None).label("parent_is_swept"),
        col(Decision.id).label("entry_id"),
        col(Decision.deed),
        col(Decision.reason),
        col(Decision.at),
        col(DecisionNote.body_text).label("note"),
        col(Staff.name).label("by_name"),
        *EDIT_COLUMNS,
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .outerjoin(CommentEdit, IS_ITS_EDIT)
    .outerjoin(_PARENT, col(_PARENT.id) == col(Comment.parent_id))
    .outerjoin(Decision, col(Decision.id) == LAST_ENTRY)
    .outerjoin(DecisionNote, col(DecisionNote.entry_id) == col(Decision.id))
    .outerjoin(Staff, col(Staff.id) == col(Decision.staff_id))
)
_THESE = CARDS.where(col(Comment.id).in_(sa.bindparam("ids", expanding=True)))
_REASONS = (
    sa.select(col(HoldReason.comment_id), col(HoldReason.code), col(HoldReason.measure))
    .where(col(HoldReason.comment_id).in_(sa.bindparam("ids", expanding=True)))
    .order_by(col(HoldReason.comment_id), col(HoldReason.code))
)


def rows_of(session: Session, found: Sequence[Any]) -> list[Any]:  # Any: rows of columns of many kinds
    """Return rows of CARDS for what was found, in its order; one SELECT, none where nothing was."""
    ids = [row.id for row in found]
    rows = {row.id: row for row in session.execute(_THESE, {"ids": ids})} if ids else {}
    return [rows[number] for number in ids if number in rows]


def cards(session: Session, rows: Sequence[Any]) -> tuple[QueueCard, ...]:
    """Return the cards of rows of CARDS; three SELECTs, none without rows, one more each for spam, edits, escalations."""
    ids = [row.id for row in rows]
    reasons = _reasons(session, ids)
    weights = learnt.weights(session) if any(map(_looks_like_spam, reasons.values())) else None
    changed = changes(session, rows)
    corrected = originals(session, [row.id for row in rows if row.corrected_at is not None])
    asked = looks_asked(session, [row.id for row in rows if row.escalated_at is not None])
    notes = notes_beside(session, ids)
    reports = open_reports(session, [row.id for row in rows if row.reports])
    plain = (
        _card(row, reasons.get(row.id, ()), changed.get(row.id), corrected.get(row.id), weights)
        for row in rows
    )
    return tuple(
        replace(
            card,
            look_asked=asked.get(card.id),
            notes=notes.get(card.id, ()),
            reports=reports.get(card.id),
        )
        for card in plain
    )


def _looks_like_spam(reasons: Iterable[Reason]) -> bool:
    return any(one.code is HoldCode.WORDS and one.measure >= TOLD_FROM_PERCENT for one in reasons)


def _reasons(session: Session, ids: list[int]) -> dict[int, tuple[Reason, ...]]:
    found: dict[int, tuple[Reason, ...]] = {}
    if not ids:
        return found
    for row in session.execute(_REASONS, {"ids": ids}):
        found[row.comment_id] = (*found.get(row.comment_id, ()), Reason(row.code, row.measure))
    return {number: strongest_first(some) for number, some in found.items()}


def _card(
    row: Any,
    reasons: tuple[Reason, ...],
    change: Change | None,
    original: str | None,
    weights: Weights | None,
) -> QueueCard:
    tells = weights is not None and _looks_like_spam(reasons)
    is_edit = change is not None and change.is_edit
    body_html = row.edit_html if is_edit else row.body_html
    body_text = row.edit_text if is_edit else row.body_text
    telling = telling_words(body_text, weights) if tells and weights else ()
    waits = row.waiting_since is not None
    return QueueCard(
        id=row.id,
        name=row.edit_name if is_edit else row.name,
        body_html=marked(body_html, telling, [one.code for one in reasons]) if waits else body_html,
        body_text=body_text,
        links=link_addresses(body_html),
        created_at=row.created_at,
        status=row.status,
        lane=row.lane,
        fold_id=row.fold_id or 0,
        is_gone=bool(row.is_gone),
        is_swept=bool(row.is_swept),
        article=ArticleBeside(
            row.article_id, row.title, address_of(row.kind, row.slug), row.language, row.publish_at
        ),
        parent=_parent(row),
        reasons=reasons,
        telling=telling,
        decided=_decided(row),
        change=change,
        is_staff=bool(row.is_staff),
        is_featured=bool(row.is_featured),
        has_answers=bool(row.has_answers),
        standing_text=row.body_text,
        correction_html="" if original is None else difference_html(original, row.body_text),
        look_asked=None,
        notes=(),
        knows_commenter=bool(row.knows_commenter),
        reported=row.reports or 0,
        reports=None,
    )


def _parent(row: Any) -> ParentBeside | None:
    if row.parent_id is None:
        return None
    return ParentBeside(
        id=row.parent_id,
        name=row.parent_name,
        body_html=row.parent_body_html,
        status=row.parent_status,
        is_gone=bool(row.parent_is_gone),
        is_swept=bool(row.parent_is_swept),
    )


def _decided(row: Any) -> LastDecision | None:
    if row.entry_id is None or row.deed is EntryKind.SUBMITTED:
        return None
    return LastDecision(row.entry_id, row.deed, row.by_name or "", row.at, row.reason, row.note or "")
