"""The habits of a text that can be measured without knowing its words: links, numbers, disguise, shouting."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cms.comments.lookalikes import plain

CAPITALS_FROM_LETTERS = 20  # of a shorter text a name or an abbreviation is already most
_SCHEME = re.compile("[hH][tT][tT][pP][sSſ]?://")
_WWW = re.compile(r"(?<![\w./])www\.(?=\w)", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"(?:https?://|(?<![\w./])www\.(?=\w))[^\s<>\"]+", re.IGNORECASE)
# Of a text as it reads aloud.
_HOST = re.compile(r"(?:https?://|www\.(?<![\w./@]www\.))(?:www\.)?([^\W_][\w.-]*)")
# An address without http:// counts where it ends as adverts' addresses do; `e.g.` and `Node.js` must not.
_TOP = (
    r"(?:com|net|org|info|biz|xyz|site|online|top|ru|co|uk|club|shop|ly|tv|live"
    r"|link|pro|vip|win|bet|store|app|me|cc|cn|in|id|pk|de|fr|br|pl|tk)(?![\w@-]|\.\w)"
)
_BARE_HOST = re.compile(rf"(?<![\w@./-])((?:[a-z0-9][a-z0-9-]*\.)+{_TOP})", re.IGNORECASE)
# Nine digits at least, so that 2008-2010 is none; no grouped number such as 2.124.821.694.
_PHONE = re.compile(r"(?<![\w/.=-])(?!\d{1,3}(?:[., ]\d{3})+(?!\d))\+?\(?\d(?:[ ().-]{0,2}\d){8,14}(?!\w)")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
# Alphabets that nobody types by accident: mathematical, circled, squared, full-width, small capitals.
_ORNATE = re.compile(
    "[\U0001d400-\U0001d7ff\u2460-\u24ff\U0001f110-\U0001f189\u1d00-\u1d2b\uff21-\uff3a\uff41-\uff5a\ua730\ua731]"
)
_WIDE_SCRIPT = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_COVERED = re.compile("[A-Za-z0-9][\u0300-\u036f\u20d0-\u20ff]")
# No business within a word of these scripts.
_UNSEEN = "\u00ad\u034f\u180e\u200b\u200c\u200d\u2060-\u2064\ufeff"
_PIERCED = re.compile(f"(?<=[A-Za-z0-9\u0370-\u058f])[{_UNSEEN}]+(?=[A-Za-z0-9\u0370-\u058f])")
_MIXED = re.compile(r"\b(?=[^\W_]*[A-Za-z])(?=[^\W_]*[\u0370-\u052f])[^\W_]+")
_SPACED = re.compile(r"(?<![^\W_])(?:[a-z0-9][ .*_|~\-]{1,3}){3,}[a-z0-9](?![^\W_])")
_SPACED_AS_TYPED = re.compile(_SPACED.pattern, re.IGNORECASE)
# What must stand in a text before it is worth looking for one of those: the engine finds these, which begin with a
# character, ten times sooner than what begins with a look behind it.
_MAY_BE_HOST = re.compile(rf"\.{_TOP}", re.IGNORECASE)
_MAY_BE_PHONE = re.compile(r"\d(?:[ ().-]{0,2}\d){8}")
_MAY_BE_SPACED = re.compile(r"[ .*_|~\-][a-z0-9][ .*_|~\-]{1,3}[a-z0-9][ .*_|~\-]")
_BARE_TAG = re.compile(r"</?[A-Za-z]+>")  # `dan<b>@</b>example.org` reads as an address
_GAPS = re.compile(r"[\W_]+")
_CAPITALS, _SMALL = string.ascii_uppercase.encode(), string.ascii_lowercase.encode()
_LETTERS = {  # by the languages that are written with them
    "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff": "ar fa ur ps sd ug ckb",
    "\u0400-\u052f": "ru uk be bg sr mk kk ky tg mn",
    "\u0590-\u05ff": "he yi",
    "\u0900-\u097f": "hi mr ne sa",
    "\u0370-\u03ff\u1f00-\u1fff": "el",
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af\u4e00-\u9fff": "ko",
    "\u3040-\u30ff\u4e00-\u9fff\u3400-\u4dbf": "ja",
    "\u4e00-\u9fff\u3400-\u4dbf": "zh",
    "\u0e00-\u0e7f": "th",
    "\u0980-\u09ff": "bn as",
    "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff": "en de fr es it pt nl pl cs sk sv da nb no fi et lv lt hu ro tr"
    " id ms tl vi sw so sq hr sl bs ca gl eu ga cy is az uz",
}
# ASCII, and the scripts without capitals in between: Hebrew to Burmese, Chinese, Japanese, Yi, Korean.
_WITHOUT_CASE = re.compile("[\x00-\x7f\u0590-\u109f\u2e80-\ua4ff\uac00-\ud7ff]+")


@dataclass(frozen=True, slots=True)
class Habits:
    """What was measured of a name and a text: counts, and shares in percent.

    `disguised` counts letters of ornate alphabets, covered or pierced by invisible signs, and words of two scripts;
    `spaced` words written letter by letter.
    """

    links: int
    hosts: tuple[str, ...]
    name_links: int
    phones: int
    addresses: int
    capitals_percent: int
    disguised: int
    spaced: int


def measured(name: str, text: str) -> Habits:
    """Return the habits of a comment; linear in its length, about 15 µs where there is little to measure."""
    if "<" in text:
        text = _BARE_TAG.sub("", text)
    said = plain(text)
    return Habits(
        links=(len(_SCHEME.findall(text)) if "://" in said else 0)
        + (len(_WWW.findall(text)) if "www." in said else 0),
        hosts=_hosts(said),
        name_links=len(hosts(name)),
        phones=len(_PHONE.findall(text)) if _MAY_BE_PHONE.search(text) else 0,
        addresses=len(_EMAIL.findall(text)) if "@" in text else 0,
        capitals_percent=capitals_percent(text),
        disguised=disguised(text),
        spaced=len(despaced(text)),
    )


def hosts(text: str) -> tuple[str, ...]:
    """Return the hosts that stand in a text, also without http:// or in disguise, each once, without `www.`."""
    return _hosts(plain(text))


def capitals_percent(text: str) -> int:
    """Return the share of capitals among letters that have a case, 0 below CAPITALS_FROM_LETTERS of these."""
    ascii_letters = text.encode("ascii", "ignore")
    others = "" if text.isascii() else _WITHOUT_CASE.sub("", text)
    capitals = _number_of(_CAPITALS, ascii_letters) + sum(map(str.isupper, others))
    cased = capitals + _number_of(_SMALL, ascii_letters) + sum(map(str.islower, others))
    return 100 * capitals // cased if cased >= CAPITALS_FROM_LETTERS else 0


def disguised(text: str) -> int:
    """Return how often letters are dressed up so that a filter does not know them."""
    if text.isascii():
        return 0
    composed = unicodedata.normalize("NFC", text)
    if _WIDE_SCRIPT.search(composed):  # where full-width letters are at home
        composed = _FULL_WIDTH.sub("", composed)
    return sum(len(kind.findall(composed)) for kind in (_ORNATE, _COVERED, _PIERCED, _MIXED))


def foreign_percent(text: str, language: str) -> int:
    """Return how many of a text's letters belong to another script than that of an article in `language`.

    0 where the language's script is not known here, or where a text has too few letters to say.
    """
    own = _letter_of(language.partition("-")[0].lower())
    if own is None or (text.isascii() and own.match("a")):
        return 0
    letters = {letter: number for letter, number in Counter(text).items() if letter.isalpha()}
    if sum(letters.values()) < CAPITALS_FROM_LETTERS:
        return 0
    foreign = sum(number for letter, number in letters.items() if not own.match(letter))
    return 100 * foreign // sum(letters.values())


def despaced(text: str) -> tuple[str, ...]:
    """Return the words that are written letter by letter, put together: `A L E X I S 1` is `alexis1`."""
    said = plain(text)
    if not _MAY_BE_SPACED.search(said):
        return ()
    words = (_GAPS.sub("", spaced[0]) for spaced in _SPACED.finditer(said))
    return tuple(word for word in words if 2 * sum(map(str.isalpha, word)) >= len(word))


def where_links(text: str) -> Iterator[range]:
    """Yield where web addresses stand in a text, with or without http://, up to the next space."""
    for kind in (_WEB_ADDRESS, _BARE_HOST):
        yield from _stretches(kind, text)


def where_phones(text: str) -> Iterator[range]:
    """Yield where telephone numbers stand in a text."""
    yield from _stretches(_PHONE, text)


def where_addresses(text: str) -> Iterator[range]:
    """Yield where e-mail addresses stand in a text."""
    yield from _stretches(_EMAIL, text)


def where_disguised(text: str) -> Iterator[range]:
    """Yield where letters of a text are dressed up so that a filter does not know them."""
    for kind in (_ORNATE, _COVERED, _PIERCED, _MIXED):
        yield from _stretches(kind, text)


def where_spaced(text: str) -> Iterator[range]:
    """Yield where words stand letter by letter in a text."""
    yield from _stretches(_SPACED_AS_TYPED, text)


def _hosts(said: str) -> tuple[str, ...]:
    found = [host.strip(".") for host in _HOST.findall(said)] if "://" in said or "www." in said else []
    if _MAY_BE_HOST.search(said):
        found += [host.removeprefix("www.") for host in _BARE_HOST.findall(said)]
    return tuple(dict.fromkeys(found))


def _number_of(letters: bytes, text: bytes) -> int:
    return len(text) - len(text.translate(None, letters))


def _stretches(kind: re.Pattern[str], text: str) -> Iterator[range]:
    return (range(*found.span()) for found in kind.finditer(text))


@lru_cache(maxsize=64)
def _letter_of(language: str) -> re.Pattern[str] | None:
    """Return what matches a letter of the script of `language`; all would take 6 ms of a start (measured)."""
    for letters, languages in _LETTERS.items():
        if language in languages.split():
            return re.compile(f"[{letters}]")
    return None
