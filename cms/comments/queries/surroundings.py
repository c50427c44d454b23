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
_KINDS_OF_COPY = ("copy", "spam")
_NO_BAND = -1


@dataclass(frozen=True, slots=True)
class Copies:
    """How many other comments have nearly the same text, and how many of these were called spam."""

    all: int
    spam: int


NO_COPIES = Copies(0, 0)


@dataclass(frozen=True, slots=True)
class Around:
    """The names of staff and authors, those of others in the thread, the text that a comment answers, and its copies."""

    staff: tuple[str, ...]
    thread: tuple[str, ...]
    parent_text: str
    copies: Copies


def _of_band(place: int) -> sa.Select[*tuple[int]]:
    """Return the newest comments of a band by themselves, so that no plan looks through all comments for them."""
    return (
        sa.select(col(LikenessBand.comment_id))
        .where(col(LikenessBand.band) == sa.bindparam(f"band_{place}"))
        .order_by(col(LikenessBand.comment_id).desc())
        .limit(COPIES_SOUGHT)
    )


_ALIKE = sa.union(*(sa.select(_of_band(place).subquery()) for place in range(len(bands(0))))).subquery()
_NONE = sa.literal(0)
_STAFF: sa.Select[*tuple[str, str, int]] = sa.select(
    sa.literal("staff").label("kind"), col(Staff.name).label("words"), _NONE.label("likeness")
).limit(NAMES_SOUGHT)
_AUTHORS = (
    sa.select(sa.literal("staff"), col(Author.name), _NONE)
    .join(ArticleAuthor, col(ArticleAuthor.author_id) == col(Author.id))
    .where(col(ArticleAuthor.article_id) == sa.bindparam("article_id"))
)
_THREAD = (
    sa.select(sa.literal("thread"), col(Comment.name), _NONE)
    .where(
        col(Comment.article_id) == sa.bindparam("article_id"),
        col(Comment.root_id) == sa.bindparam("root_id"),
        col(Comment.erased_at).is_(None),
        sa.func.coalesce(col(Comment.email_fingerprint), "") != sa.bindparam("email_fingerprint"),
    )
    .order_by(col(Comment.id).desc())
    .limit(NAMES_SOUGHT)
)
_PARENT = sa.select(sa.literal("parent"), col(Comment.body_text), _NONE).where(
    col(Comment.id) == sa.bindparam("parent_id")
)
_COPIES = (
    sa.select(
        sa.case((col(Comment.status) == CommentStatus.SPAM, sa.literal("spam")), else_=sa.literal("copy")),
        sa.literal(""),
        col(Comment.likeness),
    )
    .join_from(_ALIKE, Comment, col(Comment.id) == _ALIKE.c.comment_id)
    .where(col(Comment.id) != sa.bindparam("own_id"), col(Comment.erased_at).is_(None))
)
_AROUND = sa.union_all(
    *(sa.select(part.subquery()) for part in (_STAFF, _AUTHORS, _THREAD, _PARENT, _COPIES))
)


def around(
    session: Session,
    *,
    article_id: int,
    root_id: int | None,
    parent_id: int | None,
    email_fingerprint: str,
    own_id: int,
    likeness: int | None,
) -> Around:
    """Return what stands around a comment; its copies, `own_id` apart, are counted up to COPIES_SOUGHT a band.

    None are sought where `likeness` is None. One SELECT.
    """
    asked = {
        "article_id": article_id,
        "root_id": root_id,
        "parent_id": parent_id,
        "email_fingerprint": email_fingerprint,
        "own_id": own_id,
    }
    sought = (_NO_BAND,) * len(bands(0)) if likeness is None else bands(likeness)
    rows = session.execute(
        _AROUND, {**asked, **{f"band_{place}": band for place, band in enumerate(sought)}}
    ).all()
    return Around(
        _words(rows, "staff"),
        _words(rows, "thread"),
        "".join(_words(rows, "parent")),
        NO_COPIES if likeness is None else _copies(rows, likeness),
    )


def _words(rows: Sequence[Any], kind: str) -> tuple[str, ...]:
    return tuple(row.words for row in rows if row.kind == kind)


def _copies(rows: Sequence[Any], likeness: int) -> Copies:
    alike = [row.kind for row in rows if row.kind in _KINDS_OF_COPY and are_copies(row.likeness, likeness)]
    return Copies(len(alike), alike.count("spam"))
