"""The newsroom's policies: those in force, as comments meet them, and all of them, as the newsroom sees them."""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import unquote
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import Article, Section
from cms.comments.models import Comment
from cms.comments.queries.visible import is_visible
from cms.db import UtcTime
from cms.moderation.models import Policy
from cms.moderation.policies import Beside, InForce, Terms
from cms.pages.models import Version
from cms.pages.rules import POLICIES
from cms.storage.prebuilt import Prebuilt
from cms.storage.sessions import once_per_transaction
from cms.text.numbers import ID_DIGITS, number_or_0

SLUG_CHARS = 300  # longer than any
LISTED = 200  # policies on one page, those in force first


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy as the newsroom sees it; `of_name` is the name under a comment that it is about, and never an address."""

    id: int
    terms: Terms
    made_at: datetime
    by_id: int
    by_name: str
    is_on: bool
    switched_at: datetime | None
    switched_by_name: str
    hits: int
    replaces: int | None
    article_title: str
    article_language: str
    section_name: str
    of_name: str

    def is_in_force(self, now: datetime) -> bool:
        """Tell whether comments that come in now meet it."""
        return self.is_on and (self.terms.ends_at is None or now < self.terms.ends_at)


# By engine: one process, many sites in tests.
_KEPT: WeakKeyDictionary[Any, tuple[int, InForce]] = WeakKeyDictionary()
_KEEPING = Lock()
_NUMBER = Prebuilt(sa.select(col(Version.number)).where(col(Version.thing) == POLICIES), overtakes=True)
_IN_FORCE = (
    col(Policy.is_on),
    sa.or_(col(Policy.ends_at).is_(None), col(Policy.ends_at) > sa.bindparam("now", type_=UtcTime())),
)
_TERMS = (
    col(Policy.kind),
    col(Policy.effect),
    col(Policy.which),
    col(Policy.lines),
    col(Policy.article_id),
    col(Policy.section_id),
    col(Policy.comment_id),
    col(Policy.score_from),
    col(Policy.reason),
    col(Policy.ends_at),
    col(Policy.batch_id),
    col(Policy.email_fingerprint),
)
_ON: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(col(Policy.id), *_TERMS).where(*_IN_FORCE).order_by(col(Policy.id))
)
_ON_COUNT = sa.select(sa.func.count()).select_from(Policy).where(*_IN_FORCE)
_HITS = sa.select(sa.func.coalesce(sa.func.sum(col(Policy.hits)), 0)).where(
    col(Policy.batch_id) == sa.bindparam("batch_id")
)
_SWITCHER = aliased(Staff)
_LINES: sa.Select[*tuple[Any, ...]] = (  # Any: as above
    sa.select(
        *_TERMS,
        col(Policy.id).label("id"),
        col(Policy.made_at),
        col(Policy.staff_id),
        col(Staff.name).label("by_name"),
        col(Policy.is_on),
        col(Policy.switched_at),
        col(_SWITCHER.name).label("switched_by_name"),
        col(Policy.hits),
        col(Policy.replaces),
        col(Article.title),
        col(Article.language),
        col(Section.name).label("section_name"),
        col(Comment.name).label("of_name"),
    )
    .join(Staff, col(Staff.id) == col(Policy.staff_id))
    .outerjoin(_SWITCHER, col(_SWITCHER.id) == col(Policy.switched_by))
    .outerjoin(Article, col(Article.id) == col(Policy.article_id))
    .outerjoin(Section, col(Section.id) == col(Policy.section_id))
    .outerjoin(Comment, col(Comment.id) == col(Policy.comment_id))
    .order_by(col(Policy.is_on).desc(), col(Policy.id).desc())
)
_SECTION = sa.select(col(Article.section_id)).where(col(Article.id) == sa.bindparam("article_id"))
_SEEN = (
    sa.select(col(Comment.id))
    .where(col(Comment.email_fingerprint) == sa.bindparam("fingerprint"), is_visible())
    .limit(1)
)

_WRITER = sa.select(col(Comment.name), col(Comment.email_fingerprint)).where(
    col(Comment.id) == sa.bindparam("comment_id")
)
_NAMED = (
    sa.select(col(Article.id), col(Article.title))
    .where(sa.or_(col(Article.id) == sa.bindparam("number"), col(Article.slug) == sa.bindparam("slug")))
    .order_by((col(Article.id) != sa.bindparam("number")), col(Article.id))
    .limit(1)
)


def expect_policies(session: Session) -> None:
    """Let the next question bring along what `in_force()` asks."""
    once_per_transaction(session, "expected policies", lambda: _NUMBER.expect(session, {}))


def in_force(session: Session, now: datetime) -> InForce:
    """Return the policies that are switched on, as this transaction sees them; one SELECT, a second after a change.

    They are remembered with the version that was read before them, and hold as long as that version does. It is asked
    once for each transaction: a policy that is made meanwhile applies to the comments of later transactions.
    """
    read = once_per_transaction(session, "version of policies", lambda: _NUMBER.first(session, {}))
    number = read.number if read else 0
    engine = session.get_bind().engine
    with _KEEPING:
        kept = _KEPT.get(engine)
    if kept is not None and kept[0] == number:
        return kept[1]
    found = InForce((row.id, Terms(*row[1:])) for row in session.execute(_ON, {"now": now}))
    with _KEEPING:
        _KEPT[engine] = (number, found)
    return found


def beside(session: Session, article_id: int, email_fingerprint: str | None) -> Beside:
    """Return what only policies about places ask about a comment; each answer costs a SELECT when a policy asks for it."""
    return Beside(
        section_id=lambda: session.execute(_SECTION, {"article_id": article_id}).scalar_one_or_none(),
        is_first=lambda: not session.execute(_SEEN, {"fingerprint": email_fingerprint}).first(),
    )


def policies(session: Session) -> tuple[PolicyLine, ...]:
    """Return the newsroom's policies, those that are on first, the newest first; one SELECT."""
    return tuple(_line(row) for row in session.execute(_LINES.limit(LISTED)))


def policy(session: Session, policy_id: int) -> PolicyLine | None:
    """Return one policy, or None; one SELECT."""
    row = session.execute(_LINES.where(col(Policy.id) == policy_id)).one_or_none()
    return _line(row) if row else None


def writer_of(session: Session, comment_id: int) -> tuple[str, str | None]:
    """Return the name under a comment and its writer's fingerprint, None where nobody knows her any more; one SELECT."""
    row = session.execute(_WRITER, {"comment_id": comment_id}).one_or_none()
    return (row.name, row.email_fingerprint) if row else ("", None)


def article_named(session: Session, text: str) -> tuple[int, str] | None:
    """Return number and title of the article with this number or address, or None; one SELECT at most."""
    number = number_or_0(text, ID_DIGITS)
    slug = text.split("?")[0].rstrip("/").rpartition("/")[2]
    if not slug or "\0" in slug:
        return None
    row = session.execute(_NAMED, {"number": number, "slug": unquote(slug)[:SLUG_CHARS]}).first()
    return (row.id, row.title) if row else None


def met_with_batch(session: Session, batch_id: int) -> int:
    """Return how many comments were met by what goes on with a decision about many; one SELECT."""
    found: int = session.execute(_HITS, {"batch_id": batch_id}).scalar_one()
    return found


def count_on(session: Session, now: datetime) -> int:
    """Return how many policies are in force; one SELECT."""
    found: int = session.execute(_ON_COUNT, {"now": now}).scalar_one()
    return found


def _line(row: Any) -> PolicyLine:
    return PolicyLine(
        id=row.id,
        terms=Terms(*row[: len(_TERMS)]),
        made_at=row.made_at,
        by_id=row.staff_id,
        by_name=row.by_name,
        is_on=row.is_on,
        switched_at=row.switched_at,
        switched_by_name=row.switched_by_name or "",
        hits=row.hits,
        replaces=row.replaces,
        article_title=row.title or "",
        article_language=row.language or "",
        section_name=row.section_name or "",
        of_name=row.of_name or "",
    )
