"""What stands around a comment while it is judged: copies of its text, names beside it, what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cms.accounts.models import Staff
from cms.articles.models import ArticleAuthor, Author
from cms.comments.likeness import are_copies, bands
from cms.comments.models import Comment, LikenessBand
from cms.db import table_of
from cms.prebuilt import Prebuilt

COPIES_SOUGHT = 100  # a band; whoever sent a hundred copies needs no exact count
NAMES_SOUGHT = 200  # of a thread's newest voices, and of the staff
_NO_BAND = -1


@dataclass(frozen=True, slots=True)
class Copies:
    """How many other comments have nearly the same text, how many of these were called spam, the folds they are in."""

    all: int
    spam: int
    folds: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Around:
    """The names of staff and authors, those of others in the thread, the text that a comment answers, and its copies."""

    staff: tuple[str, ...]
    thread: tuple[str, ...]
    parent_text: str
    copies: Copies


def _of_band(place: int) -> sa.Select[*tuple[Any, ...]]:  # Any: as is usual for columns of a table
    """Return the newest comments of a band by themselves, so that no plan looks through all comments for them."""
    return (
        sa.select(_BAND.c.comment_id)
        .where(_BAND.c.band == sa.bindparam(f"band_{place}"))
        .order_by(_BAND.c.comment_id.desc())
        .limit(_exactly(COPIES_SOUGHT))
    )


def _exactly(constant: int | str) -> sa.ColumnElement[Any]:
    """Return a constant as part of a statement: as one of its values it would be handed over each time."""
    return sa.literal_column(repr(constant))


_NONE = _exactly(0)


def _part(
    kind: sa.ColumnElement[Any],
    words: sa.ColumnElement[Any],
    likeness: sa.ColumnElement[Any] = _NONE,
    fold: sa.ColumnElement[Any] = _NONE,
) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(kind.label("kind"), words.label("words"), likeness.label("likeness"), fold.label("fold"))


_TABLES = (Comment, LikenessBand, Author, ArticleAuthor, Staff)
_COMMENT, _BAND, _AUTHOR, _BYLINE, _STAFF = (table_of(one) for one in _TABLES)
_ALIKE = sa.union(*(sa.select(_of_band(place).subquery()) for place in range(len(bands(0))))).subquery()
_OF_STAFF = _part(_exactly("staff"), _STAFF.c.name).limit(_exactly(NAMES_SOUGHT))
_OF_AUTHORS = (
    _part(_exactly("staff"), _AUTHOR.c.name)
    .join(_BYLINE, _BYLINE.c.author_id == _AUTHOR.c.id)
    .where(_BYLINE.c.article_id == sa.bindparam("article_id"))
)
_OF_THREAD = (
    _part(_exactly("thread"), _COMMENT.c.name)
    .where(
        _COMMENT.c.article_id == sa.bindparam("article_id"),
        _COMMENT.c.root_id == sa.bindparam("root_id"),
        _COMMENT.c.erased_at.is_(None),
        sa.func.coalesce(_COMMENT.c.email_fingerprint, _exactly("")) != sa.bindparam("email_fingerprint"),
    )
    .order_by(_COMMENT.c.id.desc())
    .limit(_exactly(NAMES_SOUGHT))
)
_PARENT = _part(_exactly("parent"), _COMMENT.c.body_text).where(_COMMENT.c.id == sa.bindparam("parent_id"))
_KIND_OF_COPY = sa.case((_COMMENT.c.status == _exactly("spam"), _exactly("spam")), else_=_exactly("copy"))
_COPIES = (
    _part(_KIND_OF_COPY, _exactly(""), _COMMENT.c.likeness, _COMMENT.c.fold_id)
    .join_from(_ALIKE, _COMMENT, _COMMENT.c.id == _ALIKE.c.comment_id)
    .where(_COMMENT.c.id != sa.bindparam("own_id"), _COMMENT.c.erased_at.is_(None))
)
_AROUND = Prebuilt(
    sa.union_all(
        *(sa.select(part.subquery()) for part in (_OF_STAFF, _OF_AUTHORS, _OF_THREAD, _PARENT, _COPIES))
    )
)


def around(
    session: Session,
    *,
    article_id: int,
    root_id: int | None,
    parent_id: int | None,
    email_fingerprint: str,
    own_id: int,
    likeness: int,
) -> Around:
    """Return what stands around a comment; its copies, `own_id` apart, are counted up to COPIES_SOUGHT a band.

    A `likeness` of 0 has none. One SELECT.
    """
    asked = {
        "article_id": article_id,
        "root_id": root_id,
        "parent_id": parent_id,
        "email_fingerprint": email_fingerprint,
        "own_id": own_id,
    }
    sought = bands(likeness) if likeness else (_NO_BAND,) * len(bands(0))
    rows = _AROUND.all(session, {**asked, **{f"band_{place}": band for place, band in enumerate(sought)}})
    by_kind: dict[str, list[Any]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    return Around(
        _words(by_kind, "staff"),
        _words(by_kind, "thread"),
        "".join(_words(by_kind, "parent")),
        _copies(by_kind, likeness),
    )


def _words(rows: Mapping[str, Sequence[Any]], kind: str) -> tuple[str, ...]:
    return tuple(row.words for row in rows.get(kind, ()))


def _copies(rows: Mapping[str, Sequence[Any]], likeness: int) -> Copies:
    alike = {
        kind: [row.fold for row in rows.get(kind, ()) if are_copies(row.likeness, likeness)]
        for kind in ("copy", "spam")
    }
    folds = frozenset(fold for found in alike.values() for fold in found if fold is not None)
    return Copies(sum(map(len, alike.values())), len(alike["spam"]), folds)
