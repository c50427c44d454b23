"""What stands around a comment while it is judged: copies of its text, names beside it, what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cms.accounts.models import Staff
from cms.articles.models import ArticleAuthor, Author
from cms.comments.features import EVERY
from cms.comments.likeness import are_copies, bands
from cms.comments.models import Comment, LikenessBand, SpamWord
from cms.db import table_of
from cms.prebuilt import Prebuilt

COPIES_SOUGHT = 100  # a band; whoever sent a hundred copies needs no exact count
NAMES_SOUGHT = 200  # of a thread's newest voices, and of the staff
_NO_BAND = -1
_LAST_ID = 2**31 - 1  # of PostgreSQL's integers


@dataclass(frozen=True, slots=True)
class Copies:
    """How many other comments have nearly the same text, how many of these were called spam, the folds they are in."""

    all: int
    spam: int
    folds: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Around:
    """The names of staff and authors, those of others in the thread, the text that a comment answers, and its copies.

    `has_lessons` tells whether the filter has learnt anything at all.
    """

    staff: tuple[str, ...]
    thread: tuple[str, ...]
    parent_text: str
    copies: Copies
    has_lessons: bool


def _exactly(constant: int | str) -> sa.ColumnElement[Any]:
    """Return a constant as part of a statement: as one of its values it would be handed over each time."""
    return sa.literal_column(repr(constant))


_NONE = _exactly(0)


def _part(
    kind: sa.ColumnElement[Any],
    words: sa.ColumnElement[Any],
    likeness: sa.ColumnElement[Any] = _NONE,
    number: sa.ColumnElement[Any] = _NONE,
) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        kind.label("kind"), words.label("words"), likeness.label("likeness"), number.label("number")
    )


_TABLES = (Comment, LikenessBand, Author, ArticleAuthor, Staff, SpamWord)
_COMMENT, _BAND, _AUTHOR, _BYLINE, _STAFF, _LEARNT = (table_of(one) for one in _TABLES)
_BANDS = tuple(f"band_{place}" for place in range(len(bands(0))))
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
_LESSONS = _part(_exactly("learnt"), _exactly("")).where(
    _LEARNT.c.bucket == _exactly(EVERY), _LEARNT.c.spam + _LEARNT.c.fine > _exactly(0)
)
_KIND_OF_COPY = sa.case((_COMMENT.c.status == _exactly("spam"), _exactly("spam")), else_=_exactly("copy"))


def _alike(in_band: Callable[[sa.BindParameter[int]], sa.ColumnElement[bool]]) -> sa.CompoundSelect[int]:
    """Return the newest comments of each band by themselves, so that no plan looks through all comments for them."""
    newest = sa.select(_BAND.c.comment_id).order_by(_BAND.c.band.desc(), _BAND.c.comment_id.desc())
    return sa.union(
        *(
            sa.select(newest.where(in_band(sa.bindparam(name))).limit(_exactly(COPIES_SOUGHT)).subquery())
            for name in _BANDS
        )
    )


def _copies(
    are_alike: sa.ColumnElement[bool], folds: sa.ColumnElement[Any]
) -> sa.Select[*tuple[Any, ...]]:  # Any: as is usual for columns of a table
    """Return those of one fingerprint in one row: to hand over and to compare a hundred took as long as to find them."""
    return (
        _part(_KIND_OF_COPY, folds, _COMMENT.c.likeness, sa.func.count())
        .where(are_alike, _COMMENT.c.id != sa.bindparam("own_id"), _COMMENT.c.erased_at.is_(None))
        .group_by(_KIND_OF_COPY, _COMMENT.c.likeness)
    )


def _within(band: sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Ask for a band so that PostgreSQL expects many in it, and takes the newest from the index whatever it knows.

    It read and sorted the whole band of a campaign that it knew nothing of yet (measured: 1.4 ms of 860 copies).
    """
    row = sa.tuple_(_BAND.c.band, _BAND.c.comment_id)
    return sa.and_(row >= sa.tuple_(band, _exactly(0)), row <= sa.tuple_(band, _exactly(_LAST_ID)))


_OF_BANDS = _alike(lambda band: _BAND.c.band == band)
_FOUND = sa.func.any(sa.func.array(_alike(_within).scalar_subquery()))  # expected few, so never a look at all
_COPIES = {
    "sqlite": _copies(_COMMENT.c.id.in_(_OF_BANDS), sa.func.group_concat(_COMMENT.c.fold_id)),
    "postgresql": _copies(
        _COMMENT.c.id == _FOUND, sa.func.string_agg(sa.cast(_COMMENT.c.fold_id, sa.Text), _exactly(","))
    ),
}
_BESIDE = (_OF_STAFF, _OF_AUTHORS, _OF_THREAD, _PARENT, _LESSONS)
_AROUND = {
    dialect: Prebuilt(sa.union_all(*(sa.select(part.subquery()) for part in (*_BESIDE, copies))))
    for dialect, copies in _COPIES.items()
}


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
    values = {**asked, **{f"band_{place}": band for place, band in enumerate(sought)}}
    words: dict[str, list[str]] = {"staff": [], "thread": [], "parent": [], "learnt": []}
    copies, spam, folds = 0, 0, set[int]()
    for kind, word, other, number in _AROUND[session.connection().dialect.name].all(session, values):
        if kind in words:
            words[kind].append(word)
        elif are_copies(other, likeness):
            copies += number
            spam += number if kind == "spam" else 0
            folds.update(map(int, word.split(",")) if word else ())
    return Around(
        tuple(words["staff"]),
        tuple(words["thread"]),
        "".join(words["parent"]),
        Copies(copies, spam, frozenset(folds)),
        bool(words["learnt"]),
    )
