"""What stands beside an article: its entry in the search index, its kin, whom and what it names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.folding import words, words_to_index
from cms.articles.models import Article, Author, Related, Section
from cms.articles.queries import kin
from cms.articles.related import KEPT, Kinship
from cms.articles.related import kin as closest
from cms.storage.dialects import dialect_of

AT_ONCE = 200  # articles read and written in one go; 200 of 1 MB fit into any memory
POSITIONS_MAX = 30  # of one word; more would not change its rank
ENTRY_MAX_BYTES = 900_000  # PostgreSQL takes 1,048,575 bytes of words and positions
POSITION_LIMIT = 16_383  # the highest position that a tsvector knows
NOTHING_KNOWN: Mapping[int, str] = {}

# By id, since SQLite's full-text search begins a new piece of its index at each entry below the last: 10,000
# articles in another order took 2.9 s, in this one 1.0 s (measured).
_INDEXED = (
    sa.select(col(Article.id), col(Article.title), col(Article.standfirst), col(Article.body_text))
    .where(kin.IS_IN_PRINT, col(Article.id).in_(sa.bindparam("ids", expanding=True)))
    .order_by(col(Article.id))
)
_SQLITE_DELETE = sa.text("DELETE FROM article_search WHERE rowid = :id")
_SQLITE_INSERT = sa.text(
    "INSERT INTO article_search (rowid, title, standfirst, body) VALUES (:id, :title, :standfirst, :body)"
)
_POSTGRESQL_DELETE = sa.text("DELETE FROM article_search WHERE article_id = :id")
_POSTGRESQL_INSERT = sa.text(
    "INSERT INTO article_search (article_id, words) VALUES (:id, CAST(:words AS tsvector))"
)
# Until new entries are sorted into the index, the planner reads every article rather than all of them
# (measured among 10,000: 41 ms a word, then 0.1 ms).
_POSTGRESQL_TIDY = sa.text("SELECT gin_clean_pending_list('ix_article_search_words')")
_FORGET_KIN = sa.text("DELETE FROM related WHERE article_id = :whose")
_STORE_KIN = sa.text(
    "INSERT INTO related (article_id, related_id, score) VALUES (:article_id, :related_id, :score)"
)


def index_article(session: Session, article_id: int) -> None:
    """Write an article's entry in the search index from its stored columns; delete it when not in print."""
    index_articles(session, [article_id])


def index_articles(session: Session, ids: Iterable[int], bodies: Mapping[int, str] = NOTHING_KNOWN) -> None:
    """Write the entries of many articles, AT_ONCE at a time; one SELECT and two statements each.

    `bodies` are the folded words of texts by id, parted by spaces, where the caller has them.
    """
    session.flush()
    wanted = sorted(set(ids))
    sqlite = dialect_of(session) == "sqlite"
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = session.execute(_INDEXED, {"ids": some}).all()
        session.execute(_SQLITE_DELETE if sqlite else _POSTGRESQL_DELETE, [{"id": one} for one in some])
        entry, insert = (_sqlite_entry, _SQLITE_INSERT) if sqlite else (_postgresql_entry, _POSTGRESQL_INSERT)
        if rows:
            session.execute(insert, [entry(row, _words_of(row, bodies)) for row in rows])
    if not sqlite:
        session.execute(_POSTGRESQL_TIDY)


def relate(session: Session, article_id: int) -> None:
    """Work out the kin of one article and put it among the kin of those that share something with it.

    Call `index_article()` before: words of titles are looked up in the index. Some three SELECTs a trait.
    A list that loses an article closes up; more than the four that are shown are kept for that.
    """
    session.flush()
    session.execute(
        sa.delete(Related).where(
            sa.or_(col(Related.article_id) == article_id, col(Related.related_id) == article_id)
        )
    )
    found = kin.subjects(session, [article_id])
    if not found:
        return
    article = found[0]
    rarities = kin.rarities(session, article)
    others = kin.subjects(session, kin.candidates(session, article, rarities))
    lists = {article.id: closest(article, others, rarities)}
    scores = {other.id: closest(article, [other], rarities) for other in others}
    close = [other_id for other_id, score in scores.items() if score]
    for other_id, kept in kin.kept_kin(session, close).items():
        lists[other_id] = _best([*kept, Kinship(article.id, scores[other_id][0].score)])
    _write_kin(session, lists)


def furnish_section(session: Session, slug: str, name: str) -> None:
    """Make a section unless there is one at its slug."""
    if session.execute(sa.select(col(Section.id)).where(col(Section.slug) == slug)).first() is None:
        session.add(Section(slug=slug, name=name))
        session.flush()


def furnish_author(session: Session, slug: str, name: str, bio: str, language: str) -> None:
    """Make an author unless there is one at the slug."""
    if session.execute(sa.select(col(Author.id)).where(col(Author.slug) == slug)).first() is None:
        session.add(Author(slug=slug, name=name, bio=bio, language=language))
        session.flush()


def _best(found: list[Kinship]) -> list[Kinship]:
    return sorted(found, key=lambda one: (-one.score, -one.id))[:KEPT]


def _write_kin(session: Session, lists: Mapping[int, list[Kinship]]) -> None:
    if not lists:
        return
    session.execute(_FORGET_KIN, [{"whose": one} for one in sorted(lists)])
    rows = [
        {"article_id": article_id, "related_id": found.id, "score": found.score}
        for article_id, kept in sorted(lists.items())
        for found in kept
    ]
    if rows:
        session.execute(_STORE_KIN, rows)


def _words_of(row: Any, bodies: Mapping[int, str]) -> str:
    return bodies[row.id] if row.id in bodies else " ".join(words_to_index(row.body_text))


def _sqlite_entry(row: Any, body: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": " ".join(words_to_index(row.title)),
        "standfirst": " ".join(words_to_index(row.standfirst)),
        "body": body,
    }


def _postgresql_entry(row: Any, body: str) -> dict[str, Any]:
    marked = " ".join(f"'{kin.TITLE_MARK}{word}'" for word in set(words(row.title)))
    title, standfirst = words_to_index(row.title), words_to_index(row.standfirst)
    entry = _tsvector((("A", title), ("B", standfirst), ("C", body.split())))
    return {"id": row.id, "words": f"{marked} {entry}"}


def _tsvector(parts: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return a tsvector as PostgreSQL reads one; its own parser would split words in another way."""
    positions: dict[str, list[str]] = {}
    position = size = 0
    for weight, found in parts:
        for word in found:
            position = min(position + 1, POSITION_LIMIT)
            noted = positions.get(word)
            if noted is None:
                size += len(word.encode()) + 8
                if size > ENTRY_MAX_BYTES:
                    break
                positions[word] = [f"{position}{weight}"]
            elif len(noted) < POSITIONS_MAX:
                size += 2
                noted.append(f"{position}{weight}")
    return " ".join(f"'{word}':{','.join(noted)}" for word, noted in positions.items())
