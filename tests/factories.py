"""People and papers to try things with: Ada writes, Ben edits, Cleo moderates, Dan reads, Mallory spams."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from cms import sanitize
from cms.accounts import actions as accounts
from cms.accounts.rules import Role
from cms.articles import writes as article_writes
from cms.articles.models import Article, ArticleAuthor, ArticleStatus, ArticleTag, Author, Section, Tag
from cms.articles.rules import slug as slug_of
from cms.comments.actions.preparing import Submission
from cms.comments.actions.submitting import submit
from cms.comments.models import Comment
from cms.limits.rules import Visitor
from cms.site import Site
from cms.vault import secret_hash

PASSWORD = "a long enough password"
STAFF = {
    "Ada": ("ada@example.org", Role.AUTHOR),
    "Ben": ("ben@example.org", Role.EDITOR),
    "Cleo": ("cleo@example.org", Role.MODERATOR),
    "Abe": ("abe@example.org", Role.ADMIN),
    "Con": ("con@example.org", Role.CONTRIBUTOR),
}


def hire(site: Site, name: str, now: datetime) -> int:
    """Make one of STAFF; return the id."""
    email, role = STAFF[name]
    found = accounts.add_staff(site, name=name, email=email, role=role, password=PASSWORD, now=now)
    assert isinstance(found, int), found
    return found


def write_article(site: Site, title: str, now: datetime, **fields: Any) -> int:
    """Store an article, published an hour ago unless told otherwise; return its id.

    `authors` and `tags` are names, `section` is a name, `body` is HTML, `days_ago` may be negative.
    """
    authors, tags = fields.pop("authors", ["Ada"]), fields.pop("tags", [])
    section, days_ago = fields.pop("section", ""), fields.pop("days_ago", 1 / 24)
    body_html = sanitize.article_html(fields.pop("body", f"<p>{title}, told at length.</p>"))
    with site.database.writing() as session:
        row: dict[str, Any] = {
            "slug": slug_of(title),
            "title": title,
            "standfirst": f"{title}, in one sentence.",
            "body_html": body_html,
            "body_text": sanitize.plain_text(body_html),
            "status": ArticleStatus.PUBLISHED,
            "publish_at": now - timedelta(days=days_ago),
            "created_at": now,
            "changed_at": now,
            "section_id": _named(session, Section, section) if section else None,
        }
        article = Article(**{**row, **fields})
        session.add(article)
        session.flush()
        assert article.id is not None
        for position, name in enumerate(authors):
            author_id = _named(session, Author, name)
            session.add(ArticleAuthor(article_id=article.id, author_id=author_id, position=position))
        for name in tags:
            session.add(ArticleTag(article_id=article.id, tag_id=_named(session, Tag, name)))
        session.flush()
        article_writes.index_article(session, article.id)
        article_writes.relate(session, article.id)
        session.commit()
        return article.id


def send_comment(site: Site, article_id: int, now: datetime, **fields: Any) -> int:
    """Send a comment as Dan would, through the real action; return its id."""
    sent: dict[str, Any] = {
        "article_id": article_id,
        "parent_id": None,
        "root_id": None,
        "language": "en",
        "name": "Dan",
        "email": "dan@example.org",
        "text": "I was there, and it was like that.",
        "notify": False,
        "trap_filled": False,
        "origin_known": True,
        "visitor": Visitor(fields.pop("network_mark", "")),
    }
    secret = submit(site, Submission(**{**sent, **fields}), now)
    assert isinstance(secret, str), secret
    with site.database.reading() as session:
        statement = select(col(Comment.id)).where(col(Comment.receipt_hash) == secret_hash(secret))
        found = session.exec(statement).one()
        assert found is not None
        return found


def _named(session: Session, kind: type[SQLModel], name: str) -> int:
    table: Any = kind  # Author, Section and Tag have a slug and a name
    found = session.exec(select(table.id).where(table.slug == slug_of(name))).first()
    if found is None:
        row = table(slug=slug_of(name), name=name)
        session.add(row)
        session.flush()
        found = row.id
    assert isinstance(found, int)
    return found
