"""What stands around a comment while it is judged: copies of its text, names beside it, what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import ArticleAuthor, Author
from cms.comments.likeness import are_copies, bands
from cms.comments.models import Comment, LikenessBand
from cms.comments.rules import CommentStatus

COPIES_SOUGHT = 100  # a band; whoever sent a hundred copies needs no exact count
NAMES_SOUGHT = 200  # of a thread's newest voices, and of the staff


@dataclass(frozen=True, slots=True)
class Copies:
    """How many other comments have nearly the same text, and how many of these were called spam."""

    all: int
    spam: int


@dataclass(frozen=True, slots=True)
class Beside:
    """The names of staff and authors, those of others in the thread, and the text that a comment answers."""

    staff: tuple[str, ...]
    thread: tuple[str, ...]
    parent_text: str


def _of_band(place: int) -> sa.Select[*tuple[Any, ...]]:  # Any: columns of many kinds
    return (
        sa.select(col(Comment.id), col(Comment.likeness), col(Comment.status))
        .join(LikenessBand, col(LikenessBand.comment_id) == col(Comment.id))
        .where(
            col(LikenessBand.band) == sa.bindparam(f"band_{place}"),
            col(Comment.id) != sa.bindparam("own_id"),
            col(Comment.erased_at).is_(None),
        )
        .order_by(col(LikenessBand.comment_id).desc())
        .limit(COPIES_SOUGHT)
    )


_COPIES = sa.union_all(*(sa.select(_of_band(place).subquery()) for place in range(len(bands(0)))))
_STAFF: sa.Select[*tuple[str, str]] = sa.select(
    sa.literal("staff").label("kind"), col(Staff.name).label("words")
).limit(NAMES_SOUGHT)
_AUTHORS = (
    sa.select(sa.literal("staff"), col(Author.name))
    .join(ArticleAuthor, col(ArticleAuthor.author_id) == col(Author.id))
    .where(col(ArticleAuthor.article_id) == sa.bindparam("article_id"))
)
_THREAD = (
    sa.select(sa.literal("thread"), col(Comment.name))
    .where(
        col(Comment.article_id) == sa.bindparam("article_id"),
        col(Comment.root_id) == sa.bindparam("root_id"),
        col(Comment.erased_at).is_(None),
        sa.func.coalesce(col(Comment.email_fingerprint), "") != sa.bindparam("email_fingerprint"),
    )
    .order_by(col(Comment.id).desc())
    .limit(NAMES_SOUGHT)
)
_PARENT = sa.select(sa.literal("parent"), col(Comment.body_text)).where(
    col(Comment.id) == sa.bindparam("parent_id")
)
_BESIDE = sa.union_all(*(sa.select(part.subquery()) for part in (_STAFF, _AUTHORS, _THREAD, _PARENT)))


def copies(session: Session, likeness: int, *, own_id: int) -> Copies:
    """Return how often nearly the same text is here, `own_id` apart, counted up to COPIES_SOUGHT a band; one SELECT."""
    wanted = {f"band_{place}": band for place, band in enumerate(bands(likeness))}
    rows = session.execute(_COPIES, {**wanted, "own_id": own_id})
    alike = {row.id: row.status for row in rows if are_copies(row.likeness, likeness)}
    return Copies(len(alike), sum(status is CommentStatus.SPAM for status in alike.values()))


def beside(
    session: Session, *, article_id: int, root_id: int | None, parent_id: int | None, email_fingerprint: str
) -> Beside:
    """Return the names around a comment and the text of its parent; one SELECT."""
    asked = {
        "article_id": article_id,
        "root_id": root_id,
        "parent_id": parent_id,
        "email_fingerprint": email_fingerprint,
    }
    rows = session.execute(_BESIDE, asked).all()
    return Beside(_words(rows, "staff"), _words(rows, "thread"), "".join(_words(rows, "parent")))


def _words(rows: Sequence[Any], kind: str) -> tuple[str, ...]:
    return tuple(row.words for row in rows if row.kind == kind)
