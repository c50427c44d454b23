"""What programs read: Atom (RFC 4287) and JSON feeds (jsonfeed.org, 1.1), sitemaps, robots.txt."""

import json
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, request
from markupsafe import Markup

from cms.articles.absolute import absolute_addresses
from cms.articles.queries import discovery, former
from cms.articles.queries.discovery import Feed, FeedEntry, SitemapPart
from cms.articles.rules import address_of, former_address, permanent_id
from cms.config import Settings
from cms.languages import direction
from cms.pages import rules as things
from cms.text.characters import storable
from cms.web import clock, public_page, site

blueprint = Blueprint("feeds", __name__)
FEED_FILES = "<any('feed.xml', 'feed.json'):file>"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when an empty feed last changed
NOT_FOR_ROBOTS = ("/comments/", "/my-comments", "/moderation/", "/desk/", "/sign-in", "/search")


@blueprint.get(f"/{FEED_FILES}")
def site_feed(file: str) -> Response:
    """Send the newest articles in full."""
    with site().database.reading() as session:
        feed = discovery.site_feed(session, now=clock(), size=site().settings.feed_size)
    return _feed(feed, "/", f"/{file}", things.FRONT)


@blueprint.get(f"/<any(authors, sections, tags):folder>/<slug>/{FEED_FILES}")
def archive_feed(folder: str, slug: str, file: str) -> Response:
    """Send the newest articles of an author, a section or a tag in full."""
    kind = folder.removesuffix("s")
    size = site().settings.feed_size
    with site().database.reading() as session:
        feed = discovery.archive_feed(session, kind, slug, now=clock(), size=size)
        moved = (
            None
            if feed
            else former.address_now(session, former_address(request.path.removesuffix(f"/{file}")))
        )
    if moved:
        return redirect(f"{moved}/{file}", 301)  # type: ignore[return-value]  # Flask's own Response at run time
    if feed is None:
        abort(404)
    path = address_of(kind, slug)
    return _feed(feed, path, f"{path}/{file}", f"{kind}:{feed.id}")


@blueprint.get("/sitemap.xml")
def sitemap_index() -> Response:
    """Send the list of all sitemaps."""
    with site().database.reading() as session:
        parts = discovery.sitemap_parts(session, now=clock())
    body = _render("feeds/sitemap_index.xml", parts=parts)
    return _xml(body, [things.FRONT, things.SITE])


@blueprint.get("/sitemap-<any(article, author, section, tag):kind>-<int:number>.xml")
def sitemap(kind: str, number: int) -> Response:
    """Send one sitemap: a window of articles with static pages, or of archives."""
    if number >= 10**9:
        abort(404)
    with site().database.reading() as session:
        entries = discovery.sitemap_entries(session, SitemapPart(kind, number), now=clock())
    if not entries:
        abort(404)
    return _xml(_render("feeds/sitemap.xml", entries=entries), [things.FRONT, things.SITE])


@blueprint.get("/news-sitemap.xml")
def news_sitemap() -> Response:
    """Send the articles of the last two days (Google's news sitemap)."""
    with site().database.reading() as session:
        found = discovery.news(session, now=clock())
    leaves = min((one.publish_at for one in found), default=None)
    until = leaves + discovery.NEWS_AGE if leaves else None
    return _xml(_render("feeds/news.xml", news=found), [things.FRONT, things.SITE], until)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Send what robots may read (RFC 9309): all but what is somebody's own, and the search."""
    base = site().settings.base_url
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS), ""]
    lines += [f"Sitemap: {base}/sitemap.xml", f"Sitemap: {base}/news-sitemap.xml", ""]
    return public_page("\n".join(lines), [things.SITE], "text/plain")


def _feed(feed: Feed, path: str, own_path: str, thing: str) -> Response:
    here = site().settings
    name = f"{feed.name} – {here.site_name}" if feed.name else here.site_name
    page = {"name": name, "home": here.base_url + path, "address": here.base_url + own_path}
    if own_path.endswith(".json"):
        body, mimetype = _json_feed(feed, page), "application/feed+json"
    else:
        body, mimetype = _atom_feed(feed, page), "application/atom+xml"
    return public_page(storable(body), [thing, things.SITE], mimetype)


def _atom_feed(feed: Feed, page: dict[str, str]) -> str:
    return _render(
        "feeds/atom.xml",
        feed=feed,
        page=page,
        updated_at=max((entry.updated_at for entry in feed.entries), default=NEVER),
        address_of=address_of,
        content=_content_html,
        permanent_id=lambda entry: _id_of(entry, site().settings),
    )


def _json_feed(feed: Feed, page: dict[str, str]) -> str:
    here = site().settings
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": page["name"],
            **({"description": here.tagline} if here.tagline else {}),
            "home_page_url": page["home"],
            "feed_url": page["address"],
            "language": here.language,
            "items": [_json_item(entry, here) for entry in feed.entries],
        },
        ensure_ascii=False,
    )


def _json_item(entry: FeedEntry, settings: Settings) -> dict[str, Any]:
    base = settings.base_url
    return {
        "id": _id_of(entry, settings),
        "url": base + address_of("article", entry.slug),
        "title": entry.title,
        "content_html": str(_content_html(entry)),
        **({"summary": entry.standfirst} if entry.standfirst else {}),
        **({"image": base + entry.picture.address} if entry.picture else {}),
        "date_published": _moment(entry.publish_at),
        "date_modified": _moment(entry.updated_at),
        "authors": [
            {"name": author.name, "url": base + address_of("author", author.slug)} for author in entry.authors
        ],
        "tags": [tag.name for tag in entry.tags],
        "language": entry.language,
    }


def _content_html(entry: FeedEntry) -> Markup:
    """Return an entry's picture and whole text; one written from right to left says so."""
    body = _render(
        "feeds/entry.html",
        entry=entry,
        turned=direction(entry.language) == "rtl",
        body_html=Markup(entry.body_html),  # noqa: S704  # cleaned by sanitize.article_html when stored
    )
    address = site().settings.base_url + address_of("article", entry.slug)
    return Markup(absolute_addresses(body, address))  # noqa: S704  # the same, with whole addresses


def _id_of(entry: FeedEntry, settings: Settings) -> str:
    return permanent_id(entry.entry_id, entry.id, entry.created_at, settings.base_url)


def _render(template: str, **context: Any) -> str:
    # Without the context of readers' pages, whose masthead costs a SELECT, here one for each entry.
    here = site().settings
    page = current_app.jinja_env.get_template(template)
    return page.render(settings=here, absolute=lambda path: here.base_url + path, **context)


def _xml(body: str, made_of: list[str], until: datetime | None = None) -> Response:
    return public_page(storable(body), made_of, "application/xml", until)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
