"""What is known of articles where their kin is worked out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleKind, ArticleStatus, ArticleTag, Related
from cms.articles.related import CANDIDATES, Kinship, Subject, rarity, title_words
from cms.storage.dialects import dialect_of

# Stands before a word of a title in PostgreSQL's index, which knows no columns: asking for a weight instead
# reads every text that has the word.
TITLE_MARK = "="
AT_ONCE = 500  # ids in one IN (…); SQLite's oldest limit is 999
# In print, or to come: whether its time has come is asked when a page is made.
IS_IN_PRINT = sa.and_(
    col(Article.kind) == ArticleKind.ARTICLE, col(Article.status) == ArticleStatus.PUBLISHED
)
_SUBJECTS = sa.select(
    col(Article.id), col(Article.section_id), col(Article.publish_at), col(Article.title)
).where(IS_IN_PRINT)
_TAGS = (
    sa.select(col(ArticleTag.article_id), col(ArticleTag.tag_id))
    .join(Article, col(Article.id) == col(ArticleTag.article_id))
    .where(IS_IN_PRINT)
)
_COUNT = sa.select(sa.func.count()).select_from(Article).where(IS_IN_PRINT)
_TAG_HOLDERS = (
    sa.select(col(ArticleTag.tag_id), sa.func.count())
    .join(Article, col(Article.id) == col(ArticleTag.article_id))
    .where(IS_IN_PRINT, col(ArticleTag.tag_id).in_(sa.bindparam("tags", expanding=True)))
    .group_by(col(ArticleTag.tag_id))
)
_NEWEST_WITH_TAG = (
    sa.select(col(ArticleTag.article_id))
    .join(Article, col(Article.id) == col(ArticleTag.article_id))
    .where(IS_IN_PRINT, col(ArticleTag.tag_id) == sa.bindparam("tag"), col(Article.id) != sa.bindparam("id"))
    .order_by(col(Article.publish_at).desc(), col(Article.id).desc())
    .limit(CANDIDATES)
)
_TITLE_MATCH = {
    "sqlite": sa.text(
        "SELECT rowid FROM article_search WHERE article_search MATCH :word ORDER BY rowid DESC LIMIT :most"
    ),
    "postgresql": sa.text(
        "SELECT article_id FROM article_search WHERE words @@ CAST(:word AS tsquery)"
        " ORDER BY article_id DESC LIMIT :most"
    ),
}


def all_subjects(session: Session) -> list[Subject]:
    """Return every article in print, scheduled ones too; two SELECTs over all of them."""
    return _subjects(session.execute(_SUBJECTS), session.execute(_TAGS))


def subjects(session: Session, ids: Iterable[int]) -> list[Subject]:
    """Return those of the articles that are in print; two SELECTs for each AT_ONCE."""
    wanted = sorted(set(ids))
    found: list[Subject] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = session.execute(_SUBJECTS.where(col(Article.id).in_(some)))
        tags = session.execute(_TAGS.where(col(ArticleTag.article_id).in_(some)))
        found += _subjects(rows, tags)
    return found


def rarities(session: Session, subject: Subject) -> dict[int | str, float]:
    """Return how rare each trait of an article is; two SELECTs and one for each word of its title."""
    total = session.execute(_COUNT).scalar_one()
    tags = [trait for trait in subject.traits if isinstance(trait, int)]
    holders: dict[int | str, int] = {}
    if tags:
        holders |= {row[0]: row[1] for row in session.execute(_TAG_HOLDERS, {"tags": tags})}
    # More than CANDIDATES holders are not counted: such a word is common, however many there are.
    holders |= {
        word: len(_with_word(session, word, CANDIDATES)) for word in subject.traits if isinstance(word, str)
    }
    return {trait: rarity(number, total) for trait, number in holders.items()}


def candidates(session: Session, subject: Subject, rarities: dict[int | str, float]) -> set[int]:
    """Return up to CANDIDATES articles that share a trait, those with its rarest first; a SELECT a trait."""
    found: set[int] = set()
    for trait in sorted(subject.traits, key=lambda trait: (-rarities.get(trait, 0.0), str(trait))):
        if len(found) >= CANDIDATES:
            break
        if isinstance(trait, int):
            found.update(session.execute(_NEWEST_WITH_TAG, {"tag": trait, "id": subject.id}).scalars())
        else:
            found.update(_with_word(session, trait, CANDIDATES))
    return found - {subject.id}


def kept_kin(session: Session, ids: Sequence[int]) -> dict[int, list[Kinship]]:
    """Return what is stored as the kin of each article."""
    statement = sa.select(col(Related.article_id), col(Related.related_id), col(Related.score))
    kept: dict[int, list[Kinship]] = {article_id: [] for article_id in ids}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        for row in session.execute(statement.where(col(Related.article_id).in_(some))):
            kept[row.article_id].append(Kinship(row.related_id, row.score))
    return kept


def _with_word(session: Session, word: str, most: int) -> list[int]:
    dialect = dialect_of(session)
    asked = f'title : "{word}"' if dialect == "sqlite" else f"'{TITLE_MARK}{word}'"
    return list(session.execute(_TITLE_MATCH[dialect], {"word": asked, "most": most}).scalars())


def _subjects(rows: Iterable[Any], tags: Iterable[Any]) -> list[Subject]:
    tags_of: dict[int, set[int | str]] = defaultdict(set)
    for article_id, tag_id in tags:
        tags_of[article_id].add(tag_id)
    return [
        Subject(row.id, row.section_id, row.publish_at, frozenset(tags_of[row.id] | title_words(row.title)))
        for row in rows
    ]
