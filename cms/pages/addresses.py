"""Which requests are answered by the same kept page."""

from urllib.parse import parse_qsl

from cms.articles.rules import ADDRESSING, QUERY_MAX_FIELDS

# Parameters that choose a page of a long list.
PAGING = frozenset({"page", "comments", "thread"})
NEVER_KEPT = frozenset({"reply_to", "comment", "q"})  # parameters whose page is for one reader at one moment
KEY_MAX = 1_000  # characters; no address of ours is longer


def page_key(path: str, query: str) -> str | None:
    """Return the name under which the page of a decoded path and a raw query is kept, None for one that never is.

    Parameters that no view reads (`fbclid`, `utm_source`) are no part of it. The front page reads those of WordPress's old
    addresses (`/?p=7`), so with them it is never kept.
    """
    if not query:
        return path if len(path) < KEY_MAX else None
    if len(query) >= KEY_MAX or query.count("&") >= QUERY_MAX_FIELDS:
        return None
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, value)
    if NEVER_KEPT & found.keys() or (path == "/" and (ADDRESSING - PAGING) & found.keys()):
        return None
    paging = "&".join(f"{name}={found[name]}" for name in sorted(PAGING) if found.get(name))
    return page_key(f"{path}?{paging}" if paging else path, "")
