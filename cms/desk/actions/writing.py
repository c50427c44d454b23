"""What an author or editor does with an article: write, publish, schedule, take back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms.accounts.queries import SignedIn
from cms.accounts.rules import Act, may
from cms.articles.models import ArticleKind, ArticleStatus
from cms.articles.queries.archives import site_links
from cms.articles.queries.touched import things_touched_by
from cms.articles.rules import slug
from cms.articles.writes import index_article, relate
from cms.desk import writes
from cms.desk.queries.at_work import state_of
from cms.desk.queries.drafts import Draft
from cms.desk.queries.working import Working, article_begun_with, free_slug, working_article
from cms.desk.rules import Button, State
from cms.desk.writes import Columns, slugs_to_try
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site

FIRST_VERSION = 1  # what a form for a new article, sent twice, has made itself
RESTARTS = 3  # two forms at one moment want the same address: the second looks again
STATUS_AFTER = {
    Button.PUBLISH: ArticleStatus.PUBLISHED,
    Button.UNPUBLISH: ArticleStatus.DRAFT,
    Button.RETRACT: ArticleStatus.RETRACTED,
}


class WriteRefusal(StrEnum):
    """Why nothing was stored."""

    NOT_YOURS = "not_yours"
    MAY_NOT_PUBLISH = "may_not_publish"
    MAY_NOT_CHANGE_PUBLISHED = "may_not_change_published"
    MAY_NOT_MAKE_PAGES = "may_not_make_pages"
    NOT_PUBLIC = "not_public"


@dataclass(frozen=True, slots=True)
class Stored:
    """It is stored."""

    article_id: int
    state: State


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody has changed the article since the form was made; this is what it is now."""

    theirs: Working


@dataclass(frozen=True, slots=True)
class SlugTaken:
    """Another article has that address; this one is free."""

    suggestion: str


def write(
    site: Site, who: SignedIn, article_id: int | None, draft: Draft, button: Button, now: datetime
) -> Stored | Conflict | SlugTaken | WriteRefusal:
    """Store what was written, and do with it what the button said; a new article for no `article_id`."""
    refused = None
    for _ in range(RESTARTS):
        try:
            with site.database.writing() as session:
                return _write(session, who, article_id, draft, button, now)
        except IntegrityError as error:
            refused = error
    raise RuntimeError("an address was taken again and again at the same moment") from refused


def is_hers(who: SignedIn, article: Working) -> bool:
    """Tell whether someone may work on an article: her own, or everybody's."""
    if may(who.role, Act.EDIT_ALL):
        return True
    return article.is_own and article.kind is ArticleKind.ARTICLE


def _write(
    session: Session, who: SignedIn, article_id: int | None, draft: Draft, button: Button, now: datetime
) -> Stored | Conflict | SlugTaken | WriteRefusal:
    wanted = article_id if article_id is not None else article_begun_with(session, draft.mark)
    before = _before(session, who, wanted, now)
    refusal = _refusal(who, before, wanted, draft, button)
    if refusal is not None:
        return refusal
    seen = FIRST_VERSION if article_id is None else draft.version
    if before and (article_id is None or before.version != seen) and _says_the_same(before, draft, button):
        return Stored(before.id, before.state)  # the form sent twice, or the same words from two windows
    if before and before.version != seen:
        return Conflict(before)
    free = _slug(session, draft, before, now)
    if isinstance(free, SlugTaken):
        return free
    return _store(session, who, before, draft, button, free, now)


def _before(session: Session, who: SignedIn, article_id: int | None, now: datetime) -> Working | None:
    if article_id is None:
        return None
    return working_article(session, article_id, staff_id=who.id, now=now, for_update=True)


def _refusal(
    who: SignedIn, before: Working | None, wanted: int | None, draft: Draft, button: Button
) -> WriteRefusal | None:
    if wanted is not None and (before is None or not is_hers(who, before)):
        return WriteRefusal.NOT_YOURS
    if before is None and draft.kind is ArticleKind.PAGE and not may(who.role, Act.EDIT_ALL):
        return WriteRefusal.MAY_NOT_MAKE_PAGES
    if button is not Button.SAVE and not may(who.role, Act.PUBLISH):
        return WriteRefusal.MAY_NOT_PUBLISH
    if before and before.status is not ArticleStatus.DRAFT and not may(who.role, Act.PUBLISH):
        return WriteRefusal.MAY_NOT_CHANGE_PUBLISHED
    if button is Button.RETRACT and (before is None or before.state is not State.PUBLISHED):
        return WriteRefusal.NOT_PUBLIC
    return None


def _store(
    session: Session,
    who: SignedIn,
    before: Working | None,
    draft: Draft,
    button: Button,
    free: str,
    now: datetime,
) -> Stored:
    links = site_links(session, now=now)
    touched = things_touched_by(session, before.id) if before else []
    changed: set[str] = set()
    columns = _columns(session, before, draft, button, free, now)
    if before:
        article_id = before.id
        writes.keep_words(session, article_id, staff_id=None)
        writes.change_article(session, article_id, columns, now=now)
    else:
        article_id = writes.store_article(session, columns, made_by=who.id, draft_mark=draft.mark, now=now)
    if before is None or before.words != draft.words:
        writes.keep_words(session, article_id, staff_id=who.id)
    writes.set_byline(session, article_id, _authors(session, who, before, draft))
    writes.set_tags(session, article_id, writes.tags_named(session, draft.tags))
    _keep_addresses(session, before, columns, article_id, now)
    if columns.status is not ArticleStatus.DRAFT or (before and before.status is not ArticleStatus.DRAFT):
        index_article(session, article_id)
        relate(session, article_id)
        changed.update(touched, things_touched_by(session, article_id))
    if site_links(session, now=now) != links:
        changed.add(things.SITE)
    bump(session, changed)
    session.commit()
    return Stored(article_id, state_of(columns.status, columns.publish_at, now))


def _columns(
    session: Session, before: Working | None, draft: Draft, button: Button, free: str, now: datetime
) -> Columns:
    status = STATUS_AFTER.get(button, before.status if before else ArticleStatus.DRAFT)
    publish_at = _publish_at(before, draft, button, now)
    return Columns(
        kind=before.kind if before else draft.kind,
        slug=free,
        title=draft.title,
        standfirst=draft.standfirst,
        body_html=draft.body_html,
        body_text=draft.body_text,
        language=draft.language,
        status=status,
        publish_at=publish_at,
        updated_at=_updated_at(before, draft, status, publish_at, now),
        section_id=writes.section_named(session, draft.section),
        picture=draft.picture,
        comments=None if before and before.comments_open == draft.comments_open else draft.comments_open,
    )


def _publish_at(before: Working | None, draft: Draft, button: Button, now: datetime) -> datetime | None:
    stored = before.publish_at if before else None
    if draft.publish_at is not None:
        # The form shows minutes: a time that nobody touched keeps its seconds, and its place in every list.
        untouched = stored is not None and stored.replace(second=0, microsecond=0) == draft.publish_at
        return stored if untouched else draft.publish_at
    if button is Button.PUBLISH and (before is None or before.state in {State.DRAFT, State.SCHEDULED}):
        return now
    return stored if before and before.status is not ArticleStatus.DRAFT else None


def _updated_at(
    before: Working | None, draft: Draft, status: ArticleStatus, publish_at: datetime | None, now: datetime
) -> datetime | None:
    if before is None:
        return None
    changed = before.words != draft.words or before.picture != draft.picture
    if changed and before.state is State.PUBLISHED and status is ArticleStatus.PUBLISHED:
        updated_at: datetime | None = now
    else:
        updated_at = before.updated_at
    return updated_at if updated_at and publish_at and updated_at > publish_at else None


def _authors(session: Session, who: SignedIn, before: Working | None, draft: Draft) -> list[int]:
    kind = before.kind if before else draft.kind
    if not draft.authors:
        return [writes.author_of_staff(session, who.id, who.name)] if kind is ArticleKind.ARTICLE else []
    prefer = {author.id for author in before.authors} if before else set()
    if who.name.casefold() in {name.casefold() for name in draft.authors}:
        prefer.add(writes.author_of_staff(session, who.id, who.name))
    return writes.authors_named(session, draft.authors, prefer=prefer)


def _slug(session: Session, draft: Draft, before: Working | None, now: datetime) -> str | SlugTaken:
    if before and (draft.slug == before.slug or (not draft.slug and before.had_readers(now))):
        return before.slug
    kind, but = (before.kind, before.id) if before else (draft.kind, None)
    base = draft.slug or slug(draft.title) or kind.value
    free = free_slug(session, kind, slugs_to_try(base), but)
    if free is None:
        raise RuntimeError("no address was free, not even a random one")
    return SlugTaken(free) if draft.slug and free != draft.slug else free


def _keep_addresses(
    session: Session, before: Working | None, columns: Columns, article_id: int, now: datetime
) -> None:
    if before and before.slug != columns.slug and before.had_readers(now):
        writes.note_former_address(session, before.kind, before.slug, article_id)
    if (before and before.slug != columns.slug) or columns.status is ArticleStatus.PUBLISHED:
        writes.take_over_address(session, columns.kind, columns.slug)


def _says_the_same(before: Working, draft: Draft, button: Button) -> bool:
    stored = (before.title, before.standfirst, before.body_html, before.language, before.comments_open)
    sent = (draft.title, draft.standfirst, draft.body_html, draft.language, draft.comments_open)
    return (
        stored == sent
        and before.picture == draft.picture
        and before.status is STATUS_AFTER.get(button, before.status)
        and before.section.casefold() == draft.section.casefold()
        and {tag.slug for tag in before.tags} == {slug(name) for name in draft.tags}
        and draft.slug in {"", before.slug}
        and draft.authors in {(), tuple(author.name for author in before.authors)}
        and (draft.publish_at is None or before.publish_at == draft.publish_at)
    )
