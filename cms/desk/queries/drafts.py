"""What was written in the form, and how it would look as an article."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cms.articles.models import ArticleKind, ArticleStatus, Author, Section, Tag
from cms.articles.queries.article_page import ArticlePage, AuthorLine, TagLink
from cms.articles.queries.cards import NamedLink, Picture
from cms.articles.queries.reading import article_at_work
from cms.articles.rules import slug
from cms.desk.queries.working import matched

NO_PICTURE = Picture("", "", "", "", 0, 0)


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields, cleaned; `version` is the one it was made from, `mark` a new article's.

    What is empty is chosen by the action: a slug from the title, a byline of who is signed in, now.
    """

    kind: ArticleKind
    title: str
    slug: str
    standfirst: str
    body_html: str
    body_text: str
    section: str
    picture: Picture | None
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    language: str
    publish_at: datetime | None
    comments_open: bool
    version: int
    mark: str

    @property
    def words(self) -> tuple[str, str, str]:
        """What it says: title, standfirst and text."""
        return self.title, self.standfirst, self.body_html


def differences(hers: Draft, theirs: Draft) -> list[str]:
    """Return the names of the form's fields in which two drafts differ; what she left open differs from nothing."""
    hers_above, theirs_above = hers.picture or NO_PICTURE, theirs.picture or NO_PICTURE
    pairs = {
        "title": (hers.title, theirs.title),
        "standfirst": (hers.standfirst, theirs.standfirst),
        "body_html": (hers.body_html, theirs.body_html),
        "lead": (hers_above.address, theirs_above.address),
        "lead_alt": (hers_above.alt, theirs_above.alt),
        "lead_caption": (hers_above.caption, theirs_above.caption),
        "lead_credit": (hers_above.credit, theirs_above.credit),
        "authors": (hers.authors or theirs.authors, theirs.authors),
        "section": (hers.section.casefold(), theirs.section.casefold()),
        "tags": (set(map(slug, hers.tags)), set(map(slug, theirs.tags))),
        "language": (hers.language, theirs.language),
        "publish_at": (hers.publish_at or theirs.publish_at, theirs.publish_at),
        "slug": (hers.slug or theirs.slug, theirs.slug),
        "comments": (hers.comments_open, theirs.comments_open),
    }
    return [name for name, (one, other) in pairs.items() if one != other]


def preview(
    session: Session, draft: Draft, article_id: int | None, *, own_name: str, now: datetime
) -> ArticlePage:
    """Return the article that `draft` would be, by `own_name` where it names nobody; up to six SELECTs."""
    stored = article_at_work(session, article_id, now=now) if article_id is not None else None
    section = _section(session, draft.section)
    names = draft.authors or (own_name,)
    authors = zip(names, matched(session, Author, names, prefer=_ids(stored)), strict=True)
    tags = zip(draft.tags, matched(session, Tag, draft.tags), strict=True)
    page = stored or _blank(draft, now)
    return page._replace(
        slug=draft.slug or page.slug,
        title=draft.title,
        standfirst=draft.standfirst,
        body_html=draft.body_html,
        body_text=draft.body_text,
        language=draft.language,
        publish_at=draft.publish_at or page.publish_at,
        section=section,
        picture=draft.picture,
        comments_open=draft.comments_open,
        authors=tuple(
            AuthorLine(one.id, one.slug, one.name, "") if one else _new(name) for name, one in authors
        ),
        tags=tuple(
            TagLink(one.id if one else 0, slug(name), one.name if one else name) for name, one in tags
        ),
    )


def _blank(draft: Draft, now: datetime) -> ArticlePage:
    return ArticlePage(
        id=0,
        kind=draft.kind,
        slug=slug(draft.title) or draft.kind.value,
        title="",
        standfirst="",
        body_html="",
        body_text="",
        language="",
        status=ArticleStatus.DRAFT,
        publish_at=now,
        updated_at=None,
        section_id=None,
        section=None,
        picture=None,
        comments_open=True,
        comments_close_at=None,
        comments_paused_until=None,
        authors=(),
        tags=(),
    )


def _section(session: Session, name: str) -> NamedLink | None:
    if not name:
        return None
    (known,) = matched(session, Section, [name])
    return NamedLink(known.slug, known.name) if known else NamedLink(slug(name), name)


def _new(name: str) -> AuthorLine:
    return AuthorLine(0, slug(name), name, "")


def _ids(stored: ArticlePage | None) -> frozenset[int]:
    return frozenset(author.id for author in stored.authors) if stored else frozenset()
