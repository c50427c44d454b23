"""The narrower copies of a picture: their names, and the HTML by which a browser chooses one.

A picture and its copies have one name, below /media/ and below /media/w480/ and so on. So a page names them without
asking anybody whether they are there; where one is not, its address answers with the picture itself.
"""

import re
from html import escape, unescape
from pathlib import PurePosixPath
from urllib.parse import quote

WIDTHS = (480, 800, 1200)  # pixels: a list's picture, a phone's whole width, the same on a sharper screen
MEDIA = "/media/"
# Of the text's own column; a browser that knows `auto` measures what is loaded late, galleries and wide ones included.
TEXT_SIZES = "(min-width: 40rem) 36rem, calc(100vw - 2rem)"
_COPIED = frozenset({".jpg", ".png", ".webp", ".avif"})  # those that move stay as they are
_COPY = re.compile(rf"w(?:{'|'.join(map(str, WIDTHS))})/(.+)")
_IMG = re.compile(r'<img src="/media/([^"]+)"((?: [a-z]+="[^"]*")*)>')  # as nh3 writes it
_WIDTH = re.compile(r' width="(\d{1,5})"')


def widths_below(name: str, width: int) -> tuple[int, ...]:
    """Return how wide the copies of a picture are, given its name below /media/ and its own width in pixels."""
    is_copied = PurePosixPath(name).suffix.lower() in _COPIED
    return tuple(one for one in WIDTHS if one < width) if is_copied else ()


def name_of_copy(name: str, width: int) -> str:
    """Return the name below /media/ of the copy that is so wide."""
    return f"w{width}/{name}"


def original_of(name: str) -> str:
    """Return the name of the picture whose copy this would be, "" for a name that no copy has."""
    found = _COPY.fullmatch(name)
    return found[1] if found else ""


def srcset(name: str, width: int) -> str:
    """Return the `srcset` of a picture by its name below /media/, "" for one without narrower copies."""
    narrower = widths_below(name, width)
    if not narrower:
        return ""
    copies = [f"{MEDIA}{_quoted(name_of_copy(name, one))} {one}w" for one in narrower]
    return ", ".join([*copies, f"{MEDIA}{_quoted(name)} {width}w"])


def with_copies(body_html: str) -> str:
    """Return an article's cleaned HTML with the narrower copies of its pictures."""
    return _IMG.sub(_with_copies, body_html) if "<img" in body_html else body_html


def _with_copies(img: re.Match[str]) -> str:
    width = _WIDTH.search(img[2])
    found = srcset(unescape(img[1]), int(width[1])) if width else ""
    if not found:
        return img[0]
    sizes = f"auto, {TEXT_SIZES}" if ' loading="lazy"' in img[2] else TEXT_SIZES
    return f'<img src="{MEDIA}{img[1]}" srcset="{escape(found)}" sizes="{sizes}"{img[2]}>'


def _quoted(name: str) -> str:
    """Return a name as a part of a list that spaces and commas divide; what is quoted already stays."""
    return quote(name, safe="/%:@!$&'()*+;=~")
