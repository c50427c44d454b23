"""Search: the best articles for what a reader typed, each with a snippet in which the words stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup, escape
from sqlmodel import Session, col

from cms.articles.folding import words, words_with_positions
from cms.articles.models import Article
from cms.articles.queries.cards import IS_PUBLIC_BY_ID, NamedLink, bylines_of
from cms.storage.dialects import dialect_of

TYPED_MAX = 200  # characters that are read of what was typed
WORDS_MAX = 12  # words that are looked for; more than that is a quotation
BEGINNING_MIN = 3  # letters from which a word also finds those that begin with it: plurals, without a stemmer
BEST = 100  # results at most, over all pages: whoever has not found it by then adds a word
RANKED_MAX = 5_000  # articles that are looked at for it
SNIPPET_MAX = 240  # characters
SNIPPET_LEAD = 60  # characters shown before the first word found
SNIPPET_SOURCE_MAX = 40_000  # characters of a body that are looked through for its snippet

# Only the newest articles that match are ranked, so that a word of every second article costs no more than a rarer one.
_SEARCH = {
    "sqlite": (
        "SELECT rowid AS id, bm25(article_search, 10.0, 4.0, 1.0) AS rank FROM article_search"
        " WHERE article_search MATCH :asked ORDER BY rowid DESC LIMIT :ranked"
    ),
    "postgresql": (
        "SELECT article_id AS id,"
        " -ts_rank('{0.1, 0.1, 0.4, 1.0}', words, CAST(:asked AS tsquery), 1)"
        " - ts_rank('{0.1, 0.1, 0.4, 1.0}', words, CAST(:whole AS tsquery), 1) AS rank FROM article_search"
        " WHERE words @@ CAST(:asked AS tsquery) ORDER BY article_id DESC LIMIT :ranked"
    ),
}


def _found_in(dialect: str) -> sa.Select[Any]:  # Any: an id that SQLModel calls optional
    ranked = (
        sa.text(_SEARCH[dialect])
        .columns(sa.column("id", sa.Integer), sa.column("rank", sa.Float))
        .subquery("ranked")
    )
    return (
        sa.select(col(Article.id))
        .join(ranked, ranked.c.id == col(Article.id))
        .where(IS_PUBLIC_BY_ID)
        .order_by(ranked.c.rank, col(Article.publish_at).desc(), col(Article.id).desc())
        .limit(BEST)
    )


# PostgreSQL assumes that it costs nothing to read an article's entry, so it reads those of all articles instead of using
# the index: 2.3 s instead of 0.08 among 200,000 (measured). Set for this transaction only.
_BY_THE_INDEX = sa.text("SET LOCAL enable_seqscan = off")
_FOUND = {dialect: _found_in(dialect) for dialect in _SEARCH}
_HITS = sa.select(
    col(Article.id),
    col(Article.slug),
    col(Article.title),
    col(Article.language),
    col(Article.publish_at),
    col(Article.standfirst),
    sa.func.substr(col(Article.body_text), 1, SNIPPET_SOURCE_MAX).label("body_text"),
).where(col(Article.id).in_(sa.bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One article found; the words that were looked for are marked in the snippet."""

    slug: str
    title: str
    language: str
    publish_at: datetime
    authors: tuple[NamedLink, ...]
    snippet_html: Markup


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of what was found, best first; `next_page` is 0 where there is none."""

    results: tuple[SearchHit, ...]
    next_page: int


def search_page(session: Session, typed: str, *, now: datetime, page: int, size: int) -> SearchPage:
    """Return a page, from 1, of the BEST of the newest RANKED_MAX articles that have every word.

    Three SELECTs, none without words.

    No syntax is understood, so none is ever wrong. Pages are slices of the same short list of ids without a
    cursor: a rank is a floating-point number that one new article changes everywhere.
    """
    asked = asked_words(typed)
    if not asked or page < 1:
        return SearchPage((), 0)
    dialect = dialect_of(session)
    if dialect == "postgresql":
        session.execute(_BY_THE_INDEX)
    question = _fts5(asked) if dialect == "sqlite" else _tsquery(asked)
    ids = session.execute(_FOUND[dialect], {**question, "ranked": RANKED_MAX, "now": now}).scalars().all()
    shown = ids[(page - 1) * size : page * size]
    if not shown:
        return SearchPage((), 0)
    return SearchPage(_hits(session, shown, asked), page + 1 if len(ids) > page * size else 0)


def asked_words(typed: str) -> list[str]:
    """Return the folded words of `typed`, each once, WORDS_MAX at most."""
    found = (word for word in words(typed[:TYPED_MAX]) if any(letter.isalnum() for letter in word))
    return list(dict.fromkeys(found))[:WORDS_MAX]


def snippet(text: str, asked: Sequence[str]) -> Markup:
    """Return about SNIPPET_MAX characters of `text` where most of the words stand together, each marked."""
    text = " ".join(text.split())
    matches = list(_matches(text, asked))
    start = max(0, _best_start(matches) - SNIPPET_LEAD)
    if start:
        start = text.find(" ", start) + 1
    end = min(len(text), start + SNIPPET_MAX)
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + SNIPPET_MAX // 2)
    return _marked(text, start, end, matches)


def _hits(session: Session, ids: Sequence[int], asked: Sequence[str]) -> tuple[SearchHit, ...]:
    rows = {row.id: row for row in session.execute(_HITS, {"ids": list(ids)})}
    bylines = bylines_of(session, ids)
    return tuple(_hit(rows[one], bylines.get(one, ()), asked) for one in ids)


def _hit(row: Any, authors: tuple[NamedLink, ...], asked: Sequence[str]) -> SearchHit:
    return SearchHit(
        slug=row.slug,
        title=row.title,
        language=row.language,
        publish_at=row.publish_at,
        authors=authors,
        snippet_html=snippet(f"{row.standfirst} {row.body_text}", asked),
    )


def _fts5(asked: Sequence[str]) -> dict[str, str]:
    # A word that stands there whole counts twice in the rank, so it comes before those that only begin so.
    question = " AND ".join(
        f'("{word}" OR "{word}"*)' if _is_beginning(word) else f'"{word}"' for word in asked
    )
    return {"asked": question}


def _tsquery(asked: Sequence[str]) -> dict[str, str]:
    question = " & ".join(f"'{word}':*" if _is_beginning(word) else f"'{word}'" for word in asked)
    return {"asked": question, "whole": " | ".join(f"'{word}'" for word in asked)}


def _is_beginning(word: str) -> bool:
    return len(word) >= BEGINNING_MIN


def _matches(text: str, asked: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield each occurrence of one of the words: the word's number, where it begins, where it ends."""
    pattern = re.compile(
        "|".join(f"({re.escape(word)}){'' if _is_beginning(word) else '$'}" for word in asked)
    )
    for word, begin, end in words_with_positions(text):
        found = pattern.match(word)
        if found and found.lastindex:
            yield found.lastindex, begin, end


def _best_start(matches: Sequence[tuple[int, int, int]]) -> int:
    """Return where the stretch begins that holds the most different words; one pass."""
    best = most = 0
    counts: dict[int, int] = {}
    last = 0
    for number, begin, _ in matches:
        while last < len(matches) and matches[last][2] - begin <= SNIPPET_MAX - SNIPPET_LEAD:
            counts[matches[last][0]] = counts.get(matches[last][0], 0) + 1
            last += 1
        different = sum(count > 0 for count in counts.values())
        if different > most:
            most, best = different, begin
        counts[number] = counts.get(number, 0) - 1
    return best


def _marked(text: str, start: int, end: int, matches: Sequence[tuple[int, int, int]]) -> Markup:
    pieces = [Markup("… ") if start else Markup("")]
    here = start
    for _, begin, behind in matches:
        if here <= begin and behind <= end:
            pieces += [escape(text[here:begin]), Markup("<mark>%s</mark>") % text[begin:behind]]
            here = behind
    pieces += [escape(text[here:end].rstrip()), Markup(" …") if end < len(text) else Markup("")]
    return Markup("").join(pieces)
