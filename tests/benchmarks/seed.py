"""Fill the site of `CMS_INSTANCE` or `CMS_DATABASE_URL` with a big paper: its articles, comments, log and search index.

Run: `python tests/benchmarks/seed.py --articles N --comments N --held N [--json]`. The site has to be empty of
articles; sign in as seed-moderator@example.org with the password `PASSWORD`. The same numbers make the same paper.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from bulk import Insert, Row, bulk
from prose import PARAGRAPHS_MAX, Prose
from sqlmodel import col

from cms import db, now_utc, open_site
from cms.accounts import actions as accounts
from cms.accounts.rules import Role
from cms.articles.models import (
    Article,
    ArticleAuthor,
    ArticleStatus,
    ArticleTag,
    Author,
    Related,
    Section,
    Tag,
)
from cms.articles.related import KEPT
from cms.articles.writes import index_articles
from cms.comments.models import Comment, CommentHost, HoldReason
from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode, Lane
from cms.config import load_settings
from cms.exchange.writes import advance_sequences
from cms.moderation.models import Decision
from cms.moderation.rules import REASON_SENTENCES, EntryKind
from cms.site import Site

PASSWORD = "seeded and measured"  # of a site that nobody reads
YEARS = 15  # over which the articles came out
SECTIONS, AUTHORS, TAGS, TAGS_EACH = 12, 240, 2_000, 4
ADDRESSES = 50_000  # commenters, a few of whom write most
MARKS = 4_000  # networks that wrote lately
LONGEST_THREAD = 3_000  # comments on the newest article, where there are ten times as many in all
REPLY_PERCENT, REJECTED_PERCENT, SPAM_PERCENT, COPY_PERCENT = 35, 5, 9, 8
GAP_MINUTES = 90  # between two comments of a thread, on the average
INDEXED_AT_ONCE = 2_000
HOSTS = "hosts"  # of a comment's row, which its table does not hold
LANES = [lane.value for lane in (Lane.LIKELY_FINE, *2 * (Lane.NEEDS_THOUGHT,), Lane.LIKELY_SPAM)]
LANGUAGES = ("en",) * 17 + ("ur", "ur", "ar")


def main() -> None:
    """Seed, and say how long each part took."""
    asked = _arguments()
    settings = load_settings()
    db.migrate(settings)
    site = open_site(settings)
    if not _is_empty(site):
        raise SystemExit("This site has articles already; seeding wants an empty one.")
    seconds: dict[str, float] = {}
    paper = Paper(site, asked.articles, asked.comments, min(asked.held, asked.comments), now_utc())
    for part in (paper.staff, paper.write_articles, paper.write_comments, paper.finish):
        began = time.perf_counter()
        part()
        seconds[part.__name__] = round(time.perf_counter() - began, 1)
    site.database.close()
    told = {"articles": paper.articles, "comments": paper.comments, "held": paper.held, "seconds": seconds}
    print(json.dumps(told) if asked.json else told)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--comments", type=int, default=200_000)
    parser.add_argument("--held", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _is_empty(site: Site) -> bool:
    with site.database.reading() as session:
        return session.execute(sa.select(col(Article.id)).limit(1)).first() is None


@dataclass
class Paper:
    """What is made, in the order in which it is."""

    site: Site
    articles: int
    comments: int
    held: int
    now: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    moderators: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        different = min(PARAGRAPHS_MAX, 20 + self.comments // 10)
        self.prose = {code: Prose(code, self.chance, different) for code in ("en", "ur", "ar")}
        self.languages = self.chance.choices(LANGUAGES, k=self.articles)

    def staff(self) -> None:
        """Hire two moderators and an admin, who sign in with PASSWORD."""
        for name, role in (("moderator", Role.MODERATOR), ("second", Role.MODERATOR), ("admin", Role.ADMIN)):
            found = accounts.add_staff(
                self.site,
                name=f"Seed {name}",
                email=f"seed-{name}@example.org",
                role=role,
                password=PASSWORD,
                now=self.now,
            )
            if isinstance(found, int) and role is Role.MODERATOR:
                self.moderators.append(found)

    def write_articles(self) -> None:
        """Store the articles with their bylines, subjects, kin and entries in the search index."""
        with bulk(self.site, Article, ArticleAuthor, ArticleTag, Related) as insert:
            for table, number in ((Section, SECTIONS), (Author, AUTHORS), (Tag, TAGS)):
                insert(table, list(_named(table.__name__.lower(), number)))
            ids = range(1, self.articles + 1)
            insert(Article, map(self._article, ids))
            insert(ArticleAuthor, (self._byline(one) for one in ids))
            insert(ArticleTag, (row for one in ids for row in self._subjects(one)))
            insert(Related, (row for one in ids for row in self._kin(one)))
        for start in range(1, self.articles + 1, INDEXED_AT_ONCE):
            with self.site.database.writing() as session:
                index_articles(session, range(start, min(start + INDEXED_AT_ONCE, self.articles + 1)))
                session.commit()

    def write_comments(self) -> None:
        """Store the comments, why each was held, and the log."""
        people = [_person(self.site, number) for number in range(min(ADDRESSES, self.comments // 10 + 1))]
        with bulk(self.site, Comment, HoldReason, CommentHost, Decision) as insert:
            for some in _portions(Thread(self, people).comments(), 50_000):
                _insert_comments(insert, some, self)

    def finish(self) -> None:
        """Let the database count on behind what came in, and look at what it holds."""
        with self.site.database.writing() as session:
            advance_sequences(session, (Article, Author, Section, Tag, Comment, Decision))
            session.commit()
        if not self.site.database.is_sqlite:
            url = self.site.settings.sqlalchemy_url
            engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
            with engine.connect() as connection:
                connection.exec_driver_sql("VACUUM (ANALYZE)")  # as the server would itself after some hours

    def _article(self, number: int) -> Row:
        prose = self.prose[self.languages[number - 1]]
        body_html, body_text = prose.article(4, 11)
        title = prose.sentence(4, 10)
        published = self.published(number)
        return {
            "id": number,
            "slug": f"{'-'.join(title[:-1].lower().split()[:4])}-{number}",
            "title": title[:-1],
            "standfirst": prose.sentence(12, 24),
            "body_html": body_html,
            "body_text": body_text,
            "language": prose.language,
            "status": ArticleStatus.PUBLISHED.value,
            "publish_at": published,
            "created_at": published,
            "changed_at": published,
            "section_id": 1 + number % SECTIONS,
        }

    def published(self, number: int) -> datetime:
        """Return when an article came out: evenly over the years, the last one an hour ago."""
        age = timedelta(days=365 * YEARS * (self.articles - number) / self.articles)
        return self.now - age - timedelta(hours=1)

    def _byline(self, number: int) -> Row:
        return {"article_id": number, "author_id": self._seldom(AUTHORS), "position": 0}

    def _subjects(self, number: int) -> Iterator[Row]:
        for tag in {self._seldom(TAGS) for _ in range(TAGS_EACH)}:
            yield {"article_id": number, "tag_id": tag}

    def _kin(self, number: int) -> Iterator[Row]:
        for other in {self.chance.randint(1, self.articles) for _ in range(KEPT)} - {number}:
            yield {"article_id": number, "related_id": other, "score": self.chance.random()}

    def _seldom(self, most: int) -> int:
        return 1 + int(most * self.chance.random() ** 3)


@dataclass(frozen=True, slots=True)
class Person:
    """A commenter: her name, her address, its fingerprint."""

    name: str
    email: str
    fingerprint: str


@dataclass
class Thread:
    """The comments of all articles, oldest article first."""

    paper: Paper
    people: list[Person]
    folds: dict[str, int] = field(default_factory=dict)

    def comments(self) -> Iterator[Row]:
        """Yield one row a comment; `held` is drawn among the newest ones."""
        paper, chance = self.paper, self.paper.chance
        first_held = max(0, paper.comments - 2 * paper.held)
        held = set(chance.sample(range(first_held, paper.comments), paper.held))
        number = 0
        for article, count in enumerate(self._counts(), 1):
            prose = paper.prose[paper.languages[article - 1]]
            open_ones: list[tuple[int, int]] = []
            at = paper.published(article)
            gap_minutes = min(GAP_MINUTES, (paper.now - at).total_seconds() / 60 / max(count, 1))
            for _ in range(count):
                at = min(at + timedelta(minutes=chance.expovariate(1 / gap_minutes)), paper.now)
                status = CommentStatus.HELD if number in held else self._status()
                row = self._row(number + 1, article, prose, at, status)
                if open_ones and chance.randrange(100) < REPLY_PERCENT:
                    row["parent_id"], row["root_id"] = chance.choice(open_ones)
                if status is CommentStatus.APPROVED:
                    open_ones.append((row["id"], row["root_id"]))
                number += 1
                yield row

    def _fold(self, text: str, number: int) -> int:
        """Return the id of the first comment with this text, which its copies are folded with."""
        return self.folds.setdefault(text, number)

    def _counts(self) -> list[int]:
        """Return how many comments each article has: most few, some many, the newest a great many."""
        paper = self.paper
        longest = LONGEST_THREAD if paper.comments >= 10 * LONGEST_THREAD and paper.articles > 1 else 0
        weights = [paper.chance.expovariate(1) ** 2 for _ in range(paper.articles - bool(longest))]
        share = (paper.comments - longest) / sum(weights)
        counts = [int(weight * share) for weight in weights]
        for place in range(paper.comments - longest - sum(counts)):
            counts[place % len(counts)] += 1
        return [*counts, longest] if longest else counts

    def _status(self) -> CommentStatus:
        drawn = self.paper.chance.randrange(100)
        if drawn < SPAM_PERCENT:
            return CommentStatus.SPAM
        return CommentStatus.REJECTED if drawn < SPAM_PERCENT + REJECTED_PERCENT else CommentStatus.APPROVED

    def _row(self, number: int, article: int, prose: Prose, at: datetime, status: CommentStatus) -> Row:
        chance, waits = self.paper.chance, status is CommentStatus.HELD
        who = self.people[int(len(self.people) * chance.random() ** 3)]
        copied = waits and chance.randrange(100) < COPY_PERCENT
        said = (prose.remarks[chance.randrange(12)],) if copied else prose.comment()
        text = "\n\n".join(one.text for one in said)
        mark = f"{number:08x}{chance.getrandbits(96):024x}"  # in order, since the unique index stands already
        return {
            "id": number,
            "mark": mark,
            "article_id": article,
            "parent_id": None,
            "root_id": number,
            "name": who.name,
            "body_text": text,
            "body_html": "".join(one.html for one in said),
            "language": prose.language,
            "email_sealed": self._sealed(who, mark, at),
            "email_fingerprint": who.fingerprint,
            "status": status.value,
            "created_at": at,
            "waiting_since": at if waits else None,
            "lane": chance.choice(LANES) if waits else Lane.NEEDS_THOUGHT.value,
            "fold_id": self._fold(text, number) if copied else number,
            "likeness": self._likeness(text) if waits else 0,
            "decided_at": None if waits else at + timedelta(minutes=chance.expovariate(1 / 120)),
            "receipt_hash": f"{mark}{mark}",  # nobody has the secret of any
            "repeat_key": _digits(f"repeat {number}") if waits else None,
            "network_mark": _digits(f"network {chance.randrange(MARKS)}") if waits else None,
            HOSTS: list(dict.fromkeys(one.host for one in said if one.host)),
        }

    def _likeness(self, text: str) -> int:
        """Return a fingerprint that copies share; the real one would take longer than all else here."""
        return int.from_bytes(sha256(text.encode()).digest()[:7])

    def _sealed(self, who: Person, mark: str, at: datetime) -> str | None:
        """Return her address under seal for as long as the site keeps it."""
        kept = timedelta(days=self.paper.site.settings.forget_addresses_days)
        if at + kept < self.paper.now:
            return None
        return self.paper.site.vault.seal(who.email, table="comment", mark=mark)


def _insert_comments(insert: Insert, rows: list[Row], paper: Paper) -> None:
    insert(Comment, ({name: value for name, value in row.items() if name != HOSTS} for row in rows))
    insert(
        HoldReason,
        ({"comment_id": row["id"], "code": HoldCode.LINKS.value, "measure": 1} for row in rows if row[HOSTS]),
    )
    insert(
        CommentHost,
        ({"comment_id": row["id"], "host": host} for row in rows for host in row[HOSTS]),
    )
    insert(Decision, (entry for row in rows for entry in _log(row, paper)))


def _log(row: Row, paper: Paper) -> Iterator[Row]:
    entry = {"comment_id": row["id"], "staff_id": None, "from_status": None, "reason": ""}
    held = CommentStatus.HELD.value
    yield {**entry, "deed": EntryKind.SUBMITTED.value, "to_status": held, "at": row["created_at"]}
    if row["status"] != held:
        rejected = row["status"] == CommentStatus.REJECTED.value
        yield {
            "comment_id": row["id"],
            "staff_id": paper.chance.choice(paper.moderators),
            "from_status": held,
            "reason": paper.chance.choice(list(REASON_SENTENCES)) if rejected else "",
            "deed": EntryKind.DECIDED.value,
            "to_status": row["status"],
            "at": row["decided_at"],
        }


def _person(site: Site, number: int) -> Person:
    email = f"reader-{number}@example.org"
    return Person(f"Reader {number}", email, site.vault.fingerprint(email))


def _named(kind: str, number: int) -> Iterator[Row]:
    for one in range(1, number + 1):
        yield {"id": one, "slug": f"{kind}-{one}", "name": f"{kind.capitalize()} {one}"}


def _portions(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _digits(text: str) -> str:
    return sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
