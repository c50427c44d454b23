"""What is kept about one person, and what has been kept too long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.comments.models import Comment, CommentEdit, CommentVersion
from cms.comments.rules import CommentStatus
from cms.db import UtcTime
from cms.limits.models import DailySalt
from cms.moderation.models import DecisionNote, Note
from cms.outbox.models import Commenter, Letter
from cms.privacy.models import MyCommentsLink
from cms.reports.models import Report

AT_ONCE = 500  # ids in one statement
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_SETTLED = sa.func.coalesce(
    col(Comment.withdrawn_at), col(Comment.decided_at), col(Comment.created_at), type_=UtcTime()
)
_MARKS = sa.select(col(Comment.id), col(Comment.mark), col(Comment.article_id)).where(
    col(Comment.id).in_(_IDS), col(Comment.erased_at).is_(None)
)
_OF_ADDRESS = col(Comment.email_fingerprint) == sa.bindparam("fingerprint")
_OWN: sa.Select[*tuple[Any, ...]] = sa.select(  # Any: columns of many kinds
    col(Comment.id),
    col(Article.title).label("article"),
    col(Comment.name),
    col(Comment.body_text).label("text"),
    col(Comment.status),
    col(Comment.created_at),
    col(Comment.decided_at),
    col(Comment.withdrawn_at),
    col(Comment.email_sealed).is_not(None).label("address_sealed"),
    col(Comment.network_mark).is_not(None).label("network_mark"),
).join(Article, col(Article.id) == col(Comment.article_id))
_IS_DECIDED = sa.or_(col(Comment.status) != CommentStatus.HELD, col(Comment.withdrawn_at).is_not(None))
_IS_REFUSED = sa.or_(
    col(Comment.status).in_((CommentStatus.REJECTED, CommentStatus.SPAM)),
    col(Comment.withdrawn_at).is_not(None),
)


@dataclass(frozen=True, slots=True)
class Erasable:
    """A comment that is not erased yet."""

    id: int
    mark: str
    article_id: int


def erasable(session: Session, ids: Sequence[int]) -> list[Erasable]:
    """Return those of these comments that are not erased yet, by id; one SELECT for each AT_ONCE ids."""
    found = []
    for start in range(0, len(ids), AT_ONCE):
        rows = session.execute(_MARKS.order_by(col(Comment.id)), {"ids": ids[start : start + AT_ONCE]})
        found += [Erasable(*row) for row in rows]
    return found


def comments_of(session: Session, fingerprint: str, *, after: int = 0, size: int = AT_ONCE) -> list[int]:
    """Return at most `size` ids of an address's comments that are greater than `after`; one SELECT."""
    statement = sa.select(col(Comment.id)).where(_OF_ADDRESS, col(Comment.id) > after)
    rows = session.execute(statement.order_by(col(Comment.id)).limit(size), {"fingerprint": fingerprint})
    return list(rows.scalars())


def sender_of(session: Session, comment_id: int) -> str | None:
    """Return the fingerprint of the address from which a comment was sent, None if it is forgotten; one SELECT."""
    statement = sa.select(col(Comment.email_fingerprint)).where(col(Comment.id) == comment_id)
    found: str | None = session.execute(statement).scalar_one_or_none()
    return found


# Any: columns of many kinds
def kept_of(session: Session, fingerprint: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything kept about an address, by kind, as plain values; nine SELECTs."""
    asked = {"fingerprint": fingerprint}
    own = sa.select(col(Comment.id)).where(_OF_ADDRESS)
    statements: dict[str, sa.Select[*tuple[Any, ...]]] = {
        "comments": _OWN.where(_OF_ADDRESS).order_by(col(Comment.id)),
        "edits": sa.select(
            col(CommentEdit.comment_id), col(CommentEdit.name), col(CommentEdit.body_text).label("text")
        )
        .where(col(CommentEdit.comment_id).in_(own))
        .order_by(col(CommentEdit.comment_id)),
        "earlier_texts": sa.select(
            col(CommentVersion.comment_id),
            col(CommentVersion.name),
            col(CommentVersion.body_text).label("text"),
        )
        .where(col(CommentVersion.comment_id).in_(own), col(CommentVersion.body_text) != "")
        .order_by(col(CommentVersion.id)),
        "letters": sa.select(col(Letter.kind), col(Letter.created_at), col(Letter.sent_at))
        .where(col(Letter.email_fingerprint) == sa.bindparam("fingerprint"))
        .order_by(col(Letter.id)),
        "links": sa.select(col(MyCommentsLink.made_at), col(MyCommentsLink.opened_at))
        .where(col(MyCommentsLink.email_fingerprint) == sa.bindparam("fingerprint"))
        .order_by(col(MyCommentsLink.id)),
        **_notes(own),
        "address": sa.select(col(Commenter.created_at), col(Commenter.proved_at), col(Commenter.wish)).where(
            col(Commenter.fingerprint) == sa.bindparam("fingerprint")
        ),
    }
    return {
        kind: [
            {name: _plain(value) for name, value in row._mapping.items()}
            for row in session.execute(one, asked)
        ]
        for kind, one in statements.items()
    }


def _notes(own: sa.Select[Any]) -> dict[str, sa.Select[*tuple[Any, ...]]]:  # Any: columns of many kinds
    """Return the statements of what staff and readers wrote about the `own` comments and their writer."""
    of_her = col(Note.email_fingerprint) == sa.bindparam("fingerprint")
    about = sa.func.coalesce(sa.cast(col(Note.comment_id), sa.String), "commenter").label("about")
    return {
        "notes": sa.select(about, col(Note.body_text).label("text"), col(Note.at))
        .where(sa.or_(col(Note.comment_id).in_(own), of_her))
        .order_by(col(Note.id)),
        "reports": sa.select(
            col(Report.comment_id), col(Report.reason), col(Report.body_text).label("text"), col(Report.at)
        )
        .where(col(Report.comment_id).in_(own))
        .order_by(col(Report.id)),
        "notes_on_decisions": sa.select(
            col(DecisionNote.comment_id), col(DecisionNote.body_text).label("text")
        )
        .where(col(DecisionNote.comment_id).in_(own))
        .order_by(col(DecisionNote.entry_id)),
    }


@dataclass(frozen=True, slots=True)
class Overdue:
    """One kind of retention: which comments are overdue, and the expression of time that orders them."""

    condition: sa.ColumnElement[bool]
    order: Any  # a column or an expression of moments

    def ids(self, session: Session, size: int) -> list[int]:
        """Return at most `size` ids of comments, locked; of none that somebody else is changing. One SELECT."""
        statement = (
            sa.select(col(Comment.id)).where(self.condition).with_for_update(key_share=True, skip_locked=True)
        )
        return list(session.execute(statement.order_by(self.order, col(Comment.id)).limit(size)).scalars())

    def count(self, session: Session) -> int:
        """Return how many there are; one SELECT."""
        statement = sa.select(sa.func.count()).select_from(Comment).where(self.condition)
        found: int = session.execute(statement).scalar_one()
        return found


def sealed_before(moment: datetime) -> Overdue:
    """Return comments decided before `moment` that still hold an address."""
    return Overdue(sa.and_(col(Comment.email_sealed).is_not(None), _before(moment), _IS_DECIDED), _SETTLED)


def fingerprints_before(moment: datetime) -> Overdue:
    """Return comments decided before `moment` whose address is forgotten and whose fingerprint is not."""
    kept = sa.and_(col(Comment.email_sealed).is_(None), col(Comment.email_fingerprint).is_not(None))
    return Overdue(sa.and_(kept, _before(moment)), _SETTLED)


def refused_before(moment: datetime) -> Overdue:
    """Return comments that were rejected, called spam or withdrawn before `moment` and still hold their text."""
    return Overdue(sa.and_(col(Comment.swept_at).is_(None), _IS_REFUSED, _before(moment)), _SETTLED)


def marked_before(moment: datetime) -> Overdue:
    """Return comments from before `moment` that bear a network mark."""
    created = col(Comment.created_at)
    return Overdue(sa.and_(col(Comment.network_mark).is_not(None), created < moment), created)


def count_past_salts(session: Session, moment: datetime) -> int:
    """Return how many salts of days before that of `moment` are kept; one SELECT."""
    statement = sa.select(sa.func.count()).select_from(DailySalt).where(col(DailySalt.day) < moment.date())
    found: int = session.execute(statement).scalar_one()
    return found


def count_ended_links(session: Session, moment: datetime) -> int:
    """Return how many links to one's own comments had ended by `moment`; one SELECT."""
    statement = sa.select(sa.func.count()).select_from(MyCommentsLink)
    found: int = session.execute(statement.where(col(MyCommentsLink.ends_at) <= moment)).scalar_one()
    return found


def count_old_notes(session: Session, moment: datetime) -> int:
    """Return how many notes of staff are from before a moment; one SELECT."""
    statement = sa.select(sa.func.count()).select_from(Note).where(col(Note.at) < moment)
    found: int = session.execute(statement).scalar_one()
    return found


def articles_of(session: Session, ids: Iterable[int]) -> list[int]:
    """Return the articles that these comments are about; one SELECT."""
    statement = sa.select(col(Comment.article_id)).where(col(Comment.id).in_(list(ids))).distinct()
    return list(session.execute(statement).scalars())


def _before(moment: datetime) -> sa.ColumnElement[bool]:
    return sa.literal(moment, type_=UtcTime()) > _SETTLED


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
