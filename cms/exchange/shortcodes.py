"""WordPress's shortcodes turned into plain HTML."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape

from cms.exchange.blocks import linked

DEEPEST = 5  # shortcodes within each other
CLOSING_BRACKET = "]"

# A tag of HTML, which is passed over with what stands in its values, or a shortcode. The quoted values are
# bounded, so that a quote which never ends costs no more than that.
_TOKEN = re.compile(
    r"""<!--|<[A-Za-z/](?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+>
    |(?P<extra>\[?)\[(?P<name>[A-Za-z][A-Za-z0-9_-]{0,60})
     (?P<values>(?:[\s=:](?:"[^"]{0,4000}+"|'[^']{0,4000}+'|[^\[\]"']|["'])*+)?)\]""",
    re.VERBOSE,
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "″": '"', "„": '"'})
_VALUE = re.compile(
    r"""([A-Za-z][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\]]+))|"([^"]*)"|'([^']*)'|([^\s"']+)"""
)
_PICTURE = re.compile(r"\s*((?:<a\s[^>]*>\s*)?<img\s[^>]*>(?:\s*</a>)?)(.*)\Z", re.DOTALL | re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"']+\Z")
_SOUNDS = ("src", "mp3", "m4a", "ogg", "wav", "wma", "flac")
_FILMS = ("src", "mp4", "m4v", "webm", "ogv", "wmv", "flv", "mov")

# Where a name of another site stands for its address, as WordPress.com's shortcodes have it.
_BY_ID = {
    "youtube": "https://www.youtube.com/watch?v=",
    "vimeo": "https://vimeo.com/",
    "dailymotion": "https://www.dailymotion.com/video/",
}
_EMBEDS = frozenset(
    {
        "embed",
        "googlemaps",
        "soundcloud",
        "tweet",
        "instagram",
        "facebook",
        "ted",
        "spotify",
        "flickr",
        *_BY_ID,
    }
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that the export names; `alt` and `caption` are text as typed, `caption` may hold tags."""

    post_id: str
    url: str
    title: str = ""
    alt: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class PostAttachments:
    """What a post's shortcodes can name: every attachment by id, and the post's own in their order."""

    attachments: Mapping[str, Attachment]
    own: Sequence[Attachment] = ()


def expanded(text: str, around: PostAttachments, unknown: Counter[str], depth: int = 0) -> str:
    """Return `text` with the known shortcodes as HTML.

    One that is escaped by double brackets is shown with single ones; one that nobody here knows is
    left as typed and counted by name in `unknown`.
    """
    if "[" not in text:
        return text
    done: list[str] = []
    at = 0
    closings = _Closings(text)
    for token in _TOKEN.finditer(text):
        if token.start() < at or token["name"] is None:
            continue
        done.append(text[at : token.start()])
        found, at = _one(text, token, around, closings, unknown, depth)
        done.append(found)
    done.append(text[at:])
    return "".join(done)


def values_of(source: str) -> tuple[dict[str, str], list[str]]:
    """Return a shortcode's named values, names in lower case, and its bare ones; a name's first counts."""
    named: dict[str, str] = {}
    bare: list[str] = []
    for found in _VALUE.finditer(source.translate(_QUOTES)):
        name, *texts = found.groups()
        text = next((text for text in texts if text is not None), "")
        if name:
            named.setdefault(name.lower(), text)
        else:
            bare.append(text)
    return named, bare


def _one(
    text: str,
    token: re.Match[str],
    around: PostAttachments,
    closings: "_Closings",
    unknown: Counter[str],
    depth: int,
) -> tuple[str, int]:
    """Return what one shortcode becomes, and where the text goes on."""
    name, end = token["name"], token.end()
    maker = _MAKERS.get(name)
    if maker is None or depth >= DEEPEST:
        if _is_meant(token, closings):
            unknown[name] += 1
        return token[0], end
    inner, after = _enclosed(text, name, end, closings) if not token["values"].endswith("/") else ("", end)
    if token["extra"] and text.startswith(CLOSING_BRACKET, after):
        return text[token.start() + 1 : after], after + 1
    source = token["values"].removesuffix("/")
    if maker is _caption:
        inner = expanded(inner, around, unknown, depth + 1)
    html = maker(name, source, inner, around)
    if html is None:
        unknown[name] += 1
        return token[0], end
    return f"{token['extra']}{html}", after


def _enclosed(text: str, name: str, end: int, closings: "_Closings") -> tuple[str, int]:
    """Return what a shortcode encloses, and where its closing one ends; nothing if it has none."""
    at = closings.next(name, end)
    if at < 0:
        return "", end
    again = re.compile(rf"\[{re.escape(name)}[\s\]=]").search(text, end, at)
    return ("", end) if again else (text[end:at], at + len(name) + 3)


class _Closings:
    """Where each shortcode is closed; looked up, since searching for each one anew is quadratic."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[str, list[int]] = {}

    def next(self, name: str, after: int) -> int:
        """Return the place of the first closing one behind `after`, -1 if there is none."""
        if name not in self._places:
            self._places[name] = [found.start() for found in re.finditer(re.escape(f"[/{name}]"), self._text)]
        places = self._places[name]
        number = bisect_left(places, after)
        return places[number] if number < len(places) else -1


def _is_meant(token: re.Match[str], closings: _Closings) -> bool:
    """Tell a shortcode from words in brackets: it has a named value, a closing tag, or no other words."""
    values = token["values"].strip()
    return "=" in values or not values or closings.next(token["name"], token.end()) >= 0


def _caption(_name: str, source: str, inner: str, _around: PostAttachments) -> str | None:
    named, _ = values_of(source)
    picture = _PICTURE.match(inner)
    words = named.get("caption", "") or (picture[2] if picture else "")
    shown = picture[1] if picture else inner
    if not shown.strip():
        return None
    caption = f"<figcaption>{words.strip()}</figcaption>" if words.strip() else ""
    return f"\n\n<figure>{shown.strip()}{caption}</figure>\n\n"


def _gallery(_name: str, source: str, _inner: str, around: PostAttachments) -> str:
    pictures = [picture for picture in _chosen(source, around) if _is_picture(picture.url)]
    figures = "".join(_figure(picture) for picture in pictures)
    return f'\n\n<figure class="gallery">{figures}</figure>\n\n' if figures else ""


def _chosen(source: str, around: PostAttachments) -> list[Attachment]:
    named, _ = values_of(source)
    listed = named.get("ids") or named.get("include")
    if listed:
        found = [around.attachments.get(number) for number in re.findall(r"\d+", listed)]
        return [attachment for attachment in found if attachment]
    without = set(re.findall(r"\d+", named.get("exclude", "")))
    return [attachment for attachment in around.own if attachment.post_id not in without]


def _is_picture(url: str) -> bool:
    return (
        url.rpartition("?")[0 if "?" in url else 2]
        .lower()
        .endswith((".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".bmp"))
    )


def _figure(picture: Attachment) -> str:
    alt = picture.alt or unescape(picture.title)
    caption = f"<figcaption>{picture.caption.strip()}</figcaption>" if picture.caption.strip() else ""
    return f'<figure><img src="{escape(picture.url)}" alt="{escape(alt)}">{caption}</figure>'


def _player(name: str, source: str, _inner: str, around: PostAttachments) -> str | None:
    named, bare = values_of(source)
    endings = _SOUNDS if name == "audio" else _FILMS
    address = next((named[ending] for ending in endings if named.get(ending)), "")
    address = address or next((value for value in bare if "://" in value), "").partition("|")[0]
    if not address:
        own = [attachment.url for attachment in around.own if attachment.url.lower().endswith(endings[1:])]
        address = own[0] if own else ""
    return f"\n\n{_played(name, unescape(address))}\n\n" if address else None


def _played(tag: str, address: str, title: str = "") -> str:
    title = title or address.rpartition("/")[2] or address
    return f'<figure><{tag} controls src="{escape(address)}" title="{escape(title)}"></{tag}></figure>'


def _playlist(_name: str, source: str, _inner: str, around: PostAttachments) -> str | None:
    named, _ = values_of(source)
    tag, endings = ("video", _FILMS[1:]) if named.get("type") == "video" else ("audio", _SOUNDS[1:])
    chosen = [token for token in _chosen(source, around) if token.url.lower().endswith(endings)]
    if not chosen:
        return None
    return "\n\n" + "".join(_played(tag, token.url, unescape(token.title)) for token in chosen) + "\n\n"


def _embed(name: str, source: str, inner: str, _around: PostAttachments) -> str | None:
    named, bare = values_of(source.replace("&amp;", "&").replace("&#038;", "&").lstrip("=: "))
    inner = unescape(inner).strip()
    candidates = (inner, named.get("src", ""), named.get("url", ""), *bare, source.strip("=: \"'"))
    address = next((text for text in candidates if _ADDRESS.match(text)), "")
    if not address and name in _BY_ID:
        identity = named.get("id") or (bare[0] if bare else "")
        address = _BY_ID[name] + identity if re.fullmatch(r"[\w-]{1,40}", identity) else ""
    return f"\n\n<p>{linked(address)}</p>\n\n" if address else None


_Maker = Callable[[str, str, str, PostAttachments], str | None]
_MAKERS: dict[str, _Maker] = {
    "caption": _caption,
    "wp_caption": _caption,
    "gallery": _gallery,
    "audio": _player,
    "video": _player,
    "playlist": _playlist,
    **dict.fromkeys(_EMBEDS, _embed),
}
