"""Pure decisions about articles: slugs, cursors, former addresses, reading time."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

SLUG_MAX = 80  # characters; longer addresses are cut by chat programs
QUERY_MAX_FIELDS = 20  # WordPress's own questions have one or two; longer ones are nobody's old address
WORDS_A_MINUTE = 230  # Brysbaert 2019, silent reading of English non-fiction: 238 words a minute
ADDRESSING = frozenset(  # what names a thing in a query of WordPress; `utm_source` and its like name nothing
    "p page_id attachment_id cat category_name tag author author_name feed m year monthnum day name pagename"
    " paged page post_type s".split()
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"^(-?\d{1,17})\.(\d{1,18})$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list ended: the time and the id of its last row."""

    at: datetime
    id: int

    def __str__(self) -> str:
        """Return the cursor as it stands in `?page=`."""
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}.{self.id}"


def cursor(text: str) -> Cursor | None:
    """Return the cursor that `text` names, or None where it names none."""
    match = _CURSOR.match(text)
    if not match:
        return None
    try:
        return Cursor(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))
    except OverflowError:
        return None


def slug(text: str) -> str:
    """Return `text` as a slug: lower case, letters of any script and digits joined by hyphens; '' if none is left.

    Accents are taken off Latin letters only: an Urdu or Arabic word without its marks is another word.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(_without_accent(letter) for letter in folded)
    words = re.findall(r"[^\W_]+", re.sub(r"['’‘ʼ]", "", plain))
    return _cut("-".join(words))


def numbered(base: str, number: int) -> str:
    """Return the slug `base` made different by `number`."""
    return f"{base}-{number}"


def former_address(path_and_query: str) -> str:
    """Return an old address as it is looked up: decoded, NFC, no slash at its end, of its query only what names a thing."""
    raw_path, _, raw_query = path_and_query.partition("#")[0].partition("?")
    path = unicodedata.normalize("NFC", unquote(raw_path, errors="replace")).rstrip("/") or "/"
    pairs = parse_qsl(raw_query) if raw_query.count("&") < QUERY_MAX_FIELDS else []
    query = urlencode(sorted(pair for pair in pairs if pair[0] in ADDRESSING))
    return f"{path}?{query}" if query else path


def address_of(kind: str, slug: str) -> str:
    """Return the path of a thing that has a slug: article, page, author, section or tag."""
    return f"/{kind}s/{quote(slug)}"


def permanent_id(entry_id: str, article_id: int, created_at: datetime, base_url: str) -> str:
    """Return by what readers' programs know an article: the id that it came with, else a tag URI (RFC 4151) without its slug."""
    return entry_id or f"tag:{urlsplit(base_url).hostname},{created_at:%Y-%m-%d}:article-{article_id}"


def reading_minutes(text: str) -> int:
    """Return how many minutes it takes to read `text`, at least 1."""
    return max(1, math.ceil(len(text.split()) / WORDS_A_MINUTE))


def _without_accent(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)
    return base[0] if len(base) > 1 and base[0].isascii() else letter


def _cut(text: str) -> str:
    if len(text) <= SLUG_MAX:
        return text
    return text[: SLUG_MAX + 1].rpartition("-")[0] or text[:SLUG_MAX]
