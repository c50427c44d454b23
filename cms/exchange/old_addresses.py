"""The addresses that WordPress gave to things."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

from cms.articles.rules import former_address, slug
from cms.exchange.survey import Survey
from cms.exchange.urls import parts_of
from cms.exchange.wxr_events import WxrItem, WxrTerm

LONGEST = 900  # characters of an address that is kept; the column takes 1,000
LEAST_A_PAGE = 5  # articles on a page of an archive; sites that show fewer are not known
COMMENTS_A_PAGE = 20  # the least that sites break threads into, as far as is known
PAGES_MAX = 400  # numbered pages of one archive that are kept
FEED = "/feed.xml"

Address = tuple[str, str]  # what is looked up, with what follows the present address of the thing

_FEED_PATHS = ("feed", "feed/rss2", "feed/atom", "feed/rss", "feed/rdf")
_FEED_NAMES = ("rss2", "atom", "rss", "rdf", "feed")


def path_and_query(url: str) -> str:
    """Return what a browser asks a server for, without host; "/" for an address without path."""
    parts = parts_of(url.strip())
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def normalised(address: str) -> str:
    """Return an address as it is looked up, "" for one that cannot be kept."""
    try:
        found = former_address(address)
    except ValueError:
        return ""
    return found if 1 < len(found) <= LONGEST and "\0" not in found else ""


def of_item(item: WxrItem, survey: Survey) -> list[Address]:
    """Return every old address of a post or page, its own link first."""
    base = normalised(survey.base_path) if survey.base_path else ""
    found = list(_of_path(normalised(_own_path(item.link, survey.base_path)), item))
    if parts_of(item.guid).netloc.lower() in survey.hosts:
        found.append((normalised(_own_path(item.guid, survey.base_path)), ""))
    if item.post_id.isdecimal():
        found += [(f"{base or '/'}?p={item.post_id}", ""), (f"{base}/archives/{item.post_id}", "")]
        found.append((f"{base or '/'}?page_id={item.post_id}", ""))
        found.append((f"{base or '/'}?feed=rss2&p={item.post_id}", ""))
    # Built from parts that are normalised already: a large site has 200,000 of them.
    return [
        (address, suffix) for address, suffix in dict(reversed(found)).items() if 1 < len(address) <= LONGEST
    ]


def of_attachment(number: str, link: str, survey: Survey) -> list[Address]:
    """Return the old addresses of a file's own page."""
    base = survey.base_path
    return _kept([(_own_path(link, base), ""), (f"{base}/?attachment_id={number}", "")])


def of_author(login: str, number: str, articles: int, survey: Survey) -> list[Address]:
    """Return the old addresses of an author's archive."""
    base = survey.base_path
    found = list(_of_archive(f"{base}/author/{quote(login)}", articles))
    if slug(login) != login:
        found += _of_archive(f"{base}/author/{quote(slug(login))}", articles)
    if number:
        found.append((f"{base}/?author={number}", ""))
    found.append((f"{base}/?author_name={quote(login)}", ""))
    return _kept(found)


def of_term(term: WxrTerm, articles: int, survey: Survey) -> list[Address]:
    """Return the old addresses of the archive of a category (with those above it in its path) or a tag."""
    base, name = survey.base_path, quote(unquote(term.slug))
    if term.taxonomy != "category":
        return _kept([*_of_archive(f"{base}/tag/{name}", articles), (f"{base}/?tag={name}", "")])
    found = list(_of_archive(f"{base}/category/{name}", articles))
    above = "/".join(quote(unquote(one)) for one in reversed(ancestors(term, survey)))
    if above:
        found += _of_archive(f"{base}/category/{above}/{name}", articles)
    if term.term_id:
        found.append((f"{base}/?cat={term.term_id}", ""))
    found.append((f"{base}/?category_name={name}", ""))
    return _kept(found)


def of_front(survey: Survey, articles: int) -> list[Address]:
    """Return the old addresses of the front page: itself, its pages, the feeds, the days."""
    base = survey.base_path
    found = [(base, ""), (f"{base}/index.php", ""), *_of_archive(base, articles)]
    found += [(f"{base}/?paged={number}", "") for number in _pages(articles)]
    found += [(f"{base}/?feed={name}", FEED) for name in (*_FEED_NAMES, "comments-rss2", "comments-atom")]
    found += [(f"{base}/comments/{path}", FEED) for path in _FEED_PATHS]
    found += [(f"{base}/wp-{name}.php", FEED) for name in ("rss2", "rss", "atom", "rdf", "feed")]
    found += [(f"{base}/{name}", "/sitemap.xml") for name in ("wp-sitemap.xml", "sitemap_index.xml")]
    for day in survey.days:
        year, month, date = day.split("-")
        for path in (year, f"{year}/{month}", f"{year}/{month}/{date}"):
            found += [(f"{base}/{path}", ""), (f"{base}/?m={path.replace('/', '')}", "")]
    return _kept(found)


def ancestors(term: WxrTerm, survey: Survey) -> list[str]:
    """Return the slugs of the categories above one, nearest first; a circle ends where it closes."""
    found: list[str] = []
    above = term.parent
    while above and above not in found and above != term.slug:
        found.append(above)
        parent = survey.terms.get((term.taxonomy, above))
        above = parent.parent if parent else ""
    return found


def _own_path(url: str, base: str) -> str:
    """Return an item's path; nothing where it is the site's front page, which some page may be shown on."""
    path = re.sub(r"//+", "/", path_and_query(url)) if url.strip() else ""
    return "" if path.rstrip("/") in {"", base} else path


def _of_path(path: str, item: WxrItem) -> Iterator[Address]:
    """Return a normalised path with what WordPress let follow it."""
    if not path:
        return
    yield path, ""
    if "?" in path:
        return
    yield from ((f"{path}/{end}", "") for end in (*_FEED_PATHS, "amp", "embed"))
    yield from ((f"{path}/{number}", "") for number in range(2, item.content.count("<!--nextpage-->") + 2))
    pages = -(-len(item.comments) // COMMENTS_A_PAGE)
    yield from ((f"{path}/comment-page-{number}", "") for number in range(1, min(pages, PAGES_MAX) + 1))
    folder = path.rpartition("/")[0]
    old_slugs = (value for key, value in item.meta if key == "_wp_old_slug" and value)
    yield from ((normalised(f"{folder}/{slug}"), "") for slug in old_slugs)


def _of_archive(path: str, articles: int) -> Iterator[Address]:
    yield path, ""
    yield from ((f"{path}/{end}", FEED) for end in _FEED_PATHS)
    yield from ((f"{path}/page/{number}", "") for number in _pages(articles))


def _pages(articles: int) -> range:
    return range(1, min(articles // LEAST_A_PAGE + 1, PAGES_MAX) + 1)


def _kept(found: Iterable[Address]) -> list[Address]:
    """Return the addresses as they are looked up, each once."""
    kept: dict[str, str] = {}
    for address, suffix in found:
        looked_up = normalised(re.sub(r"//+", "/", address)) if address else ""
        if looked_up:
            kept.setdefault(looked_up, suffix)
    return list(kept.items())
