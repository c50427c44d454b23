"""What stands around a comment while it is judged: copies of its text, names beside it, what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cms.accounts.models import Staff
from cms.articles.models import ArticleAuthor, Author
from cms.comments.features import EVERY
from cms.comments.judged import JudgedComment
from cms.comments.likeness import BAND_BITS, are_copies, bands
from cms.comments.models import Comment, LikenessBand, SpamWord
from cms.db import table_of
from cms.storage.prebuilt import Prebuilt
from cms.text.numbers import ID_MAX

COPIES_SOUGHT = 25  # of each fingerprint, newest first: ten, or three called spam, say all that a score can
ALIKE_SOUGHT = 1_000  # fingerprints that share a band; two million texts leave 35 in each (measured)
NAMES_SOUGHT = 200  # of a thread's newest voices, and of the staff
_NO_BAND = -1


@dataclass(frozen=True, slots=True)
class Copies:
    """How many other comments have nearly the same text, and how many of these were called spam.

    `folds` holds those of copies that may state the same facts.
    """

    all: int
    spam: int
    folds: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The names of staff and authors, those of others in the thread, the text that a comment answers, and its copies.

    `has_lessons` tells whether the filter has learnt anything at all.
    """

    staff: tuple[str, ...]
    thread: tuple[str, ...]
    parent_text: str
    copies: Copies
    has_lessons: bool


def _exactly(constant: int | str) -> sa.ColumnElement[Any]:
    """Return a constant as part of the SQL, so that it is not sent as a parameter each time."""
    return sa.literal_column(repr(constant))


_NONE = _exactly(0)


def _part(
    kind: sa.ColumnElement[Any], words: sa.ColumnElement[Any], likeness: sa.ColumnElement[Any] = _NONE
) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(kind.label("kind"), words.label("words"), likeness.label("likeness"))


_TABLES = (Comment, LikenessBand, Author, ArticleAuthor, Staff, SpamWord)
_COMMENT, _BAND, _AUTHOR, _BYLINE, _STAFF, _LEARNT = (table_of(one) for one in _TABLES)
_BANDS = tuple(f"band_{index}" for index in range(len(bands(0))))
_MASKS = tuple((1 << BAND_BITS) - 1 << index * BAND_BITS for index in range(len(_BANDS)))
_BYTES = tuple(0xFF << index for index in range(0, 56, 8))  # but for the one with the sign
_OF_STAFF = _part(_exactly("staff"), _STAFF.c.name).limit(_exactly(NAMES_SOUGHT))
_OF_AUTHORS = _part(  # one by one: joined, PostgreSQL laid every author of the paper out first
    _exactly("staff"),
    sa.select(_AUTHOR.c.name).where(_AUTHOR.c.id == _BYLINE.c.author_id).scalar_subquery(),
).where(_BYLINE.c.article_id == sa.bindparam("article_id"))
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


def _first_in(index: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the fingerprints that share the band at `index` with this text's, and none of the bands before it.

    So each is found once. A UNION of all bands would find some twice and needs a temporary table for each comment to
    drop those: a fifth of the time of the whole statement (measured).

    They have a byte beside the band in common as well: near-copies do, as they differ in MAX_DISTANCE bits. Fifteen in
    sixteen of those that share a band by chance do not, and so are passed over before their comments are looked up:
    half of PostgreSQL's time for this (measured, among 250,000).
    """
    said, own = _BAND.c.likeness, sa.bindparam("likeness", type_=sa.BigInteger)
    shares = [said.bitwise_and(_exactly(mask)) == own.bitwise_and(_exactly(mask)) for mask in _MASKS[:index]]
    beside = [mask for mask in _BYTES if not mask & _MASKS[index]]
    is_near = sa.or_(
        *(said.bitwise_and(_exactly(mask)) == own.bitwise_and(_exactly(mask)) for mask in beside)
    )
    return sa.select(said).where(_BAND.c.band == sa.bindparam(_BANDS[index]), *map(sa.not_, shares), is_near)


_ALIKE = (
    sa.select(sa.union_all(*map(_first_in, range(len(_BANDS)))).subquery().c.likeness)
    .limit(_exactly(ALIKE_SOUGHT))
    .subquery("alike")
)


def _copies(
    bears_it: sa.ColumnElement[bool], listed: Callable[..., sa.Function[str]]
) -> sa.Select[*tuple[Any, ...]]:
    """Return the fingerprints that share a band, each with a summary of its newest comments as one text.

    The text holds how many comments there are, how many of them are spam, and the folds of those that may state the
    same facts. To fetch them as a hundred rows took as long as to find them.
    """
    newest = (
        sa.select(_COMMENT.c.status, _COMMENT.c.fold_id, _COMMENT.c.facts)
        .where(
            bears_it,
            _COMMENT.c.likeness != _exactly(0),
            _COMMENT.c.erased_at.is_(None),
            _COMMENT.c.id != sa.bindparam("own_id"),
        )
        .order_by(_COMMENT.c.likeness.desc(), _COMMENT.c.id.desc())
        .limit(_exactly(COPIES_SOUGHT))
        .correlate(_ALIKE)
        .subquery("newest")
    )
    space = _exactly(" ")
    all_of_them, spam = sa.func.count(), sa.func.count().filter(newest.c.status == _exactly("spam"))
    may_be_same = sa.or_(newest.c.facts.is_(None), newest.c.facts == sa.bindparam("facts"))
    folds = listed(_in_words(newest.c.fold_id), space).filter(may_be_same)
    told = _in_words(all_of_them) + space + _in_words(spam) + space + sa.func.coalesce(folds, _exactly(""))
    return _part(_exactly("alike"), sa.select(told).select_from(newest).scalar_subquery(), _ALIKE.c.likeness)


def _in_words(number: sa.ColumnElement[int]) -> sa.Cast[str]:
    return sa.cast(number, sa.Text)


def _within(likeness: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Ask for a fingerprint so that PostgreSQL expects many, and takes the newest from the index whatever it knows.

    It read and sorted the whole of a campaign that it knew nothing of yet (measured: 1.4 ms of 860 copies).
    """
    row = sa.tuple_(_COMMENT.c.likeness, _COMMENT.c.id)
    return sa.and_(row >= sa.tuple_(likeness, _exactly(0)), row <= sa.tuple_(likeness, _exactly(ID_MAX)))


_COPIES = {
    "sqlite": _copies(_COMMENT.c.likeness == _ALIKE.c.likeness, sa.func.group_concat),
    "postgresql": _copies(_within(_ALIKE.c.likeness), sa.func.string_agg),
}
_BESIDE, _ABOVE = (_OF_STAFF, _OF_AUTHORS, _LESSONS), (_OF_THREAD, _PARENT)
_AROUND = {  # by whether it stands in a thread already
    (dialect, is_in_thread): Prebuilt(sa.union_all(*(sa.select(part.subquery()) for part in parts)))
    for dialect, copies in _COPIES.items()
    for is_in_thread, parts in ((False, (*_BESIDE, copies)), (True, (*_BESIDE, *_ABOVE, copies)))
}


def surroundings_of(session: Session, comment: JudgedComment, likeness: int, facts: int) -> Surroundings:
    """Return what stands around a comment whose text has this `likeness` and states these `facts`; one SELECT.

    Its copies, itself left out, are counted up to COPIES_SOUGHT of each wording; a `likeness` of 0 has none.
    """
    sought = bands(likeness) if likeness else (_NO_BAND,) * len(_BANDS)
    values = {
        "article_id": comment.article_id,
        "root_id": comment.root_id,
        "parent_id": comment.parent_id,
        "email_fingerprint": comment.email_fingerprint,
        "own_id": comment.comment_id,
        "likeness": likeness,
        "facts": facts,
        **dict(zip(_BANDS, sought, strict=True)),
    }
    statement = _AROUND[session.connection().dialect.name, comment.root_id is not None]
    words: dict[str, list[str]] = {"staff": [], "thread": [], "parent": [], "learnt": []}
    copies, spam, folds = 0, 0, set[int]()
    for kind, word, other in statement.all(session, values):
        if kind in words:
            words[kind].append(word)
        elif are_copies(other, likeness):
            here, called_spam, *same = map(int, word.split())
            copies, spam, folds = copies + here, spam + called_spam, folds.union(same)
    return Surroundings(
        staff=tuple(words["staff"]),
        thread=tuple(words["thread"]),
        parent_text="".join(words["parent"]),
        copies=Copies(copies, spam, frozenset(folds)),
        has_lessons=bool(words["learnt"]),
    )
