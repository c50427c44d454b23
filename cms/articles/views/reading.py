"""The reader's pages: front, article, archives, static pages, media and old addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect, render_template, request, send_from_directory
from markupsafe import Markup
from sqlmodel import Session

from cms.answering.current import notes
from cms.answering.shown import once
from cms.answering.written import written
from cms.articles.json_ld import script_text
from cms.articles.models import ArticleKind
from cms.articles.queries import archives, former, reading
from cms.articles.queries.reading import ArticlePage, Onward
from cms.articles.rules import Cursor, address_of, cursor, former_address
from cms.comments.forms import blank_token
from cms.comments.queries.first_page import expect_first_page
from cms.comments.queries.thread import VisibleThread, visible_comment
from cms.comments.rules import closes_at, paused_until, week_end
from cms.comments.views.places import thread_asked_for, thread_path, way_to_comment
from cms.moderation.pauses import FOR_EVER
from cms.pages import rules as things
from cms.text.numbers import number_or_0
from cms.web import clock, private_page, public_page, site, speak

blueprint = Blueprint("articles", __name__)
ARCHIVES = {
    "author": archives.author_archive,
    "section": archives.section_archive,
    "tag": archives.tag_archive,
}


@blueprint.app_context_processor
def masthead() -> dict[str, Any]:
    """Give every page the sections of its masthead; one SELECT where its view has not asked for them."""
    noted = notes()
    if noted.without_database:
        return {"masthead_sections": ()}
    if noted.masthead_sections is not None:
        return {"masthead_sections": noted.masthead_sections}
    with site().database.reading() as session:
        return {"masthead_sections": archives.masthead_sections(session, now=clock())}


@contextmanager
def _reading() -> Iterator[Session]:
    """Give a session for all that a page shows, its masthead too; one SELECT."""
    with site().database.reading() as session:
        archives.expect_masthead_sections(session, now=clock())
        yield session
        notes().masthead_sections = archives.masthead_sections(session, now=clock())


@blueprint.get("/")
def front() -> Response:
    """Show the front page, or an old address that was a question to it (`/?p=7`)."""
    after = _cursor_or_404()
    with _reading() as session:
        moved = former.address_now(session, former_address(request.full_path)) if request.args else None
        if moved:
            return _moved(moved)
        page = archives.front_page(session, now=clock(), after=after, size=site().settings.page_size)
        empty = after is None and not page.cards and not archives.has_staff(session)
    if empty:
        return private_page(render_template("articles/first_run.html"))
    body = written(
        "articles/front.html",
        page=page,
        next_url=_next_url("/", page.next_page),
        feed_url="/feed.xml",
        canonical=site().settings.base_url + _page_path("/", after),
    )
    return public_page(body, [things.FRONT, things.SITE])


@blueprint.get("/articles/<slug>")
def article(slug: str) -> Response:
    """Show an article with its comments."""
    return _article_page(ArticleKind.ARTICLE, slug)


@blueprint.get("/pages/<slug>")
def static_page(slug: str) -> Response:
    """Show a static page."""
    return _article_page(ArticleKind.PAGE, slug)


@blueprint.get("/<any(authors, sections, tags):folder>/<slug>")
def archive(folder: str, slug: str) -> Response:
    """Show the archive of an author, a section or a tag."""
    kind = folder.removesuffix("s")
    after = _cursor_or_404()
    with _reading() as session:
        found = ARCHIVES[kind](session, slug, now=clock(), after=after, size=site().settings.page_size)
    if found is None:
        return _elsewhere()
    path = address_of(kind, slug)
    body = written(
        "articles/archive.html",
        archive=found,
        next_url=_next_url(path, found.page.next_page),
        feed_url=f"{path}/feed.xml",
        is_first_page=after is None,
        canonical=site().settings.base_url + _page_path(path, after),
    )
    return public_page(body, [f"{kind}:{found.id}", things.SITE])


@blueprint.get("/static/<path:asked>")
def static(asked: str) -> Response:
    """Send one of the program's own files; an old fingerprint gets the present file with a short life."""
    found = site().assets.at(asked)
    if found is None:
        abort(404)
    file, is_present = found
    response = public_page("", [], until=None if is_present else clock())
    response.set_data(file.body)
    response.mimetype = file.mimetype
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if is_present else "public, max-age=60"
    )
    return response


@blueprint.get("/media/<path:name>")
def media(name: str) -> Response:
    """Send a picture of the site."""
    response = send_from_directory(site().settings.media_folder, name, max_age=86_400)
    # Feeds carry pictures into other sites' readers, which the rule for everything else would keep out.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    # A drawing (SVG) opened by itself must not run script in our name.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@blueprint.get("/<path:old>")
def elsewhere(old: str) -> Response:
    """Lead on from an address that a thing had before."""
    return _elsewhere()


def _article_page(kind: ArticleKind, slug: str) -> Response:
    now = clock()
    with _reading() as session:
        found = reading.public_article(session, kind, slug, now=now)
        if found is None:
            return _elsewhere()
        if found.is_retracted:
            abort(410)
        if "comment" in request.args:
            return way_to_comment(session, found.id, address_of(found.kind, found.slug))
        expect_first_page(session, found.id)
        onward = reading.onward(session, found, now=now)
        thread = thread_asked_for(session, found.id) or abort(404)
        asked = request.args.get("reply_to", 0, number_or_0)
        replying_to = visible_comment(session, found.id, asked) if asked else None
    speak(found.language)
    return public_page(
        written(
            "articles/article.html",
            **article_context(found, onward, thread, now),
            comment_token=blank_token(things.article(found.id)),
            replying_to=replying_to,
        ),
        _things_of(found),
        until=_true_until(found, now),
    )


def article_context(
    page: ArticlePage, onward: Onward, thread: VisibleThread, now: datetime
) -> dict[str, Any]:
    """Return what an article's template shows, for its page and for the desk's preview."""
    settings = site().settings
    end = closes_at(page.publish_at, page.comments_open, page.comments_close_at, settings.close_after_days)
    path = address_of(page.kind, page.slug)
    paused = paused_until(page.comments_paused_until, now)
    is_open = (end is None or now < end) and paused is None
    return {
        "article": page,
        "onward": onward,
        "thread": thread,
        "thread_next_url": thread_path(path, thread.root_id, thread.next_page) if thread.next_page else "",
        "article_url": path,
        "comments_state": "open" if is_open else "closed",
        "opens_at": paused
        if paused is not None and paused < FOR_EVER and (end is None or paused < end)
        else None,
        "closes_at": end,
        "action_url": f"{path}/comments",
        "can_notify": settings.mail_is_on,
        "canonical": settings.base_url + path,
        "json_ld": once(_json_ld, page),
    }


def _json_ld(page: ArticlePage) -> Markup:
    return Markup(script_text(_news_article(page)))  # noqa: S704  # no text can end the element


def _news_article(page: ArticlePage) -> dict[str, Any]:
    # The properties that https://schema.org/NewsArticle and the search engines' own guides ask for.
    settings = site().settings
    base = settings.base_url
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": page.title,
        "description": page.standfirst,
        "inLanguage": page.language,
        "datePublished": page.publish_at.isoformat(),
        "dateModified": (page.updated_at or page.publish_at).isoformat(),
        "mainEntityOfPage": base + address_of(page.kind, page.slug),
        "author": [
            {"@type": "Person", "name": author.name, "url": base + address_of("author", author.slug)}
            for author in page.authors
        ],
        "publisher": {"@type": "NewsMediaOrganization", "name": settings.site_name, "url": f"{base}/"},
    }
    if page.section:
        facts["articleSection"] = page.section.name
    if page.tags:
        facts["keywords"] = [tag.name for tag in page.tags]
    if page.picture:
        facts["image"] = [base + page.picture.address]
    return facts


def _things_of(page: ArticlePage) -> list[str]:
    return [
        things.article(page.id),
        *(things.author(author.id) for author in page.authors),
        *(things.tag(tag.id) for tag in page.tags),
        *([things.section(page.section_id)] if page.section_id is not None else []),
        things.SITE,
    ]


def _true_until(page: ArticlePage, now: datetime) -> datetime:
    """Return when the page says something else by itself: its form's token names the week, comments close or open."""
    end = closes_at(
        page.publish_at, page.comments_open, page.comments_close_at, site().settings.close_after_days
    )
    turns = (end, page.comments_paused_until)
    return min([week_end(now), *(turn for turn in turns if turn is not None and now < turn)])


def _elsewhere() -> Response:
    with site().database.reading() as session:
        moved = former.address_now(session, former_address(request.full_path))
        moved = moved or former.address_now(session, former_address(request.path))
    if moved is None:
        abort(404)
    return _moved(moved)


def _moved(address: str) -> Response:
    response: Response = redirect(address, 301)  # type: ignore[assignment]  # Flask's own Response at run time
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _cursor_or_404(argument: str = "page") -> Cursor | None:
    asked = request.args.get(argument)
    if not asked:
        return None
    return cursor(asked) or abort(404)


def _next_url(path: str, after: Cursor | None) -> str:
    return _page_path(path, after) if after else ""


def _page_path(path: str, after: Cursor | None) -> str:
    return f"{path}?page={quote(str(after))}" if after else path
