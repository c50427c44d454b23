"""The reader's pages: front, article, archives, static pages, media and old addresses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect, render_template, request, send_from_directory
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.security import safe_join

from cms.answering.current import notes
from cms.answering.written import written
from cms.articles.models import ArticleKind
from cms.articles.queries import archives, former, reading
from cms.articles.queries.cards import Picture
from cms.articles.queries.onward import onward
from cms.articles.rules import Cursor, address_of, cursor, former_address
from cms.articles.views.showing import article_context, things_of, true_until
from cms.comments.forms import blank_token
from cms.comments.queries.first_page import expect_first_page
from cms.comments.queries.thread import visible_comment
from cms.comments.views.places import thread_asked_for, way_to_comment
from cms.pages import rules as things
from cms.pictures.narrower import MEDIA, original_of, srcset, with_copies
from cms.text.numbers import number_or_0
from cms.web import clock, private_page, public_page, site, speak

blueprint = Blueprint("articles", __name__)
ARCHIVES = {
    "author": archives.author_archive,
    "section": archives.section_archive,
    "tag": archives.tag_archive,
}


@blueprint.app_context_processor
def frame() -> dict[str, Any]:
    """Give every page the links above and below it; one SELECT where its view has not asked for them."""
    noted = notes()
    if noted.without_database:
        return {"site_links": archives.SiteLinks()}
    if noted.site_links is not None:
        return {"site_links": noted.site_links}
    with site().database.reading() as session:
        return {"site_links": archives.site_links(session, now=clock())}


@contextmanager
def _reading() -> Iterator[Session]:
    """Give a session for all that a page shows, the links above and below it too; one SELECT."""
    with site().database.reading() as session:
        archives.expect_site_links(session, now=clock())
        yield session
        notes().site_links = archives.site_links(session, now=clock())


@blueprint.app_template_global()
def copies(picture: Picture, sizes: str) -> Markup:
    """Return the attributes by which a browser chooses among a picture and its copies, as wide as `sizes` says."""
    found = srcset(picture.address.removeprefix(MEDIA), picture.width)
    return Markup(' srcset="{}" sizes="{}"').format(found, sizes) if found else Markup()


@blueprint.app_template_global()
def text_with_copies(body_html: str) -> Markup:
    """Return an article's text with the copies of its pictures."""
    return Markup(with_copies(body_html))  # noqa: S704  # cleaned by sanitize.article_html when stored


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
    """Send a picture of the site; in the place of a narrower copy that is not there, the picture itself."""
    folder, original = site().settings.media_folder, original_of(name)
    if original and not _is_copy_of(folder, name, original):
        response = send_from_directory(folder, original, max_age=60)
    else:
        response = send_from_directory(folder, name, max_age=86_400)
    # Feeds carry pictures into other sites' readers, which the rule for everything else would keep out.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    # A drawing (SVG) opened by itself must not run script in our name.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _is_copy_of(folder: Path, copy: str, original: str) -> bool:
    """Tell whether a copy is there and was made of the picture as it is: one that was removed or replaced stays nowhere."""
    made, whole = safe_join(str(folder), copy), safe_join(str(folder), original)
    try:
        return bool(made and whole) and os.stat(made or "").st_mtime_ns >= os.stat(whole or "").st_mtime_ns
    except (OSError, ValueError):
        return False


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
        leads_to = onward(session, found, now=now)
        thread = thread_asked_for(session, found.id) or abort(404)
        asked = request.args.get("reply_to", 0, number_or_0)
        replying_to = visible_comment(session, found.id, asked) if asked else None
    speak(found.language)
    return public_page(
        written(
            "articles/article.html",
            **article_context(found, leads_to, thread, now),
            comment_token=blank_token(things.article(found.id)),
            replying_to=replying_to,
        ),
        things_of(found),
        until=true_until(found, now),
    )


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
