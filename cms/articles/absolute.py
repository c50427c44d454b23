"""Whole addresses in a text that leaves the site, for a feed or in an export."""

import html
import re
from functools import lru_cache
from urllib.parse import urljoin

_TAG = re.compile(r'<[a-z][a-z0-9]*(?: [a-z-]+="[^"]*")+ ?/?>')  # as nh3 writes tags with attributes
_ADDRESS = re.compile(r' (href|src|poster)="([^"]*)"')


# Where the whole text goes out again with each change of another article: by all that it depends on, for two feeds.
@lru_cache(maxsize=64)
def absolute_addresses(body_html: str, base: str) -> str:
    """Return cleaned HTML whose links and pictures say their whole address, as a feed needs."""
    return _TAG.sub(lambda tag: _ADDRESS.sub(lambda found: _absolute(found, base), tag[0]), body_html)


def _absolute(found: re.Match[str], base: str) -> str:
    try:
        whole = urljoin(base, html.unescape(found[2]))
    except ValueError:  # an address that nobody can read, such as http://[/
        whole = html.unescape(found[2])
    return f' {found[1]}="{html.escape(whole)}"'
