"""Decodes a stretch of bytes in every way in which an e-mail address may be written in text."""

import codecs
import html
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import unquote

DEEPEST = 3  # disguises over one another: an address in JSON in a query twice encoded
MOST_READINGS = 40  # of one stretch; a text that has more is noise

# Every way to write an @ as text: itself, percent, entity, escape, quoted-printable, wide; an entity or an escape that
# was percent-encoded; UTF-7; and "at", by which people hide addresses from harvesters.
AT_SIGN = re.compile(
    rb"@|%(?:25)*(?:u00)?40|&(?:amp;)*(?:#0*64|#[xX]0*40|commat)(?![0-9a-fA-F])|=40(?=[=A-Za-z0-9\r\n\x80-\xff])"
    rb"|\\(?:[uU]\{?0*40|x40|100|0{0,4}40(?![0-9a-fA-F]))|\xef\xbc\xa0|\xef\xb9\xab"
    rb"|%(?:25)*26(?:(?:%(?:25)*23|#)(?:0*64|[xX]0*40)|commat)|%(?:25)*5[cC](?:[uU]0*40|x40|100)|\+AEA-"
    rb"|at(?<=[\[({<_]at)(?=[\])}>_])|AT(?<=[\[({<_]AT)(?=[\])}>_])|at(?<=&lt;at)(?=&gt;)"
    rb"|at(?<=\sat)(?=\s+[\w-]+(?:\.\w|\s*\W?dot\b))|AT(?<=\sAT)(?=\s+[\w-]+(?:\.\w|\s*\W?DOT\b))"
)
_ESCAPE = re.compile(
    r"\\+(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|([^\w\s]|[bfnrt]))"
)
_STYLED = re.compile(r"\\0{0,4}40(?![0-9a-fA-F])\s?")  # CSS Syntax, section 4.3.7
_PERCENT_U = re.compile(r"%u([0-9a-fA-F]{4})")
_AT = re.compile(r"\s*(?:[\[({<_]|&lt;)?(?<![^\W_])at(?![^\W_])(?:[\])}>_]|&gt;)?\s*", re.IGNORECASE)
_DOT = re.compile(r"\s*(?:[\[({<_]|&lt;)?(?<![^\W_])dot(?![^\W_])(?:[\])}>_]|&gt;)?\s*", re.IGNORECASE)
# Capitals, as RFC 2045 (section 6.7) wants them: `email=dan` would lose two letters otherwise.
_QUOTED = re.compile(rb"=(?:([0-9A-F]{2}|[2-7][a-f])|[ \t]*\r?\n)")
# Tags, white space, line continuations, invisible characters (soft hyphens, zero-width marks), and the joins of string
# literals in a program: `dan" + "@`.
_GAP = re.compile(
    "<[^<>]{0,200}>|[\"'`]\\s*(?:[+.,&]|\\|\\|)?\\s*[\"'`]|[=\\\\]?\r?\n\\s*|[\\s\xad\u200b-\u200f\u2060\ufeff]+"
)
_TURNED = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
)
_WIDE = ("utf-16-le", "utf-16-be")


def readings(raw: bytes) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each reading of `raw` that holds an @, least decoded first, with the names of its encodings, outermost first.

    Text that is split over lines or spaces stays split; the caller decides where `joined()` is worth its cost.
    """
    waiting = deque(_characters(raw))
    seen: set[str] = set()
    while waiting and len(seen) < MOST_READINGS:
        names, text = waiting.popleft()
        if text in seen:
            continue
        seen.add(text)
        if "@" in text:
            yield names, text
        if len(names) < DEEPEST:
            waiting.extend(_uncovered(names, text))


def joined(text: str) -> str:
    """Return text without white space, line continuations, tags and invisible characters."""
    return _GAP.sub("", text)


def folded(text: str) -> str:
    """Return text normalised as `vault.normalised_address()` does an address: NFC and case-folded."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def turned(text: str) -> str:
    """Return text in ROT13."""
    return text.translate(_TURNED)


def form_of(names: tuple[str, ...]) -> str:
    """Return the name of a combination of encodings, given outermost first: `html in base64`."""
    return " in ".join(reversed(names)) or "clear"


def _characters(raw: bytes) -> Iterator[tuple[tuple[str, ...], str]]:
    yield (), raw.decode("utf-8", "replace")
    if b"\x00" in raw:
        for encoding in _WIDE:
            for shift in (0, 1):
                yield (encoding,), codecs.decode(raw[shift:], encoding, "replace")
        yield ("utf-32",), raw.replace(b"\x00", b"").decode("utf-8", "replace")


def _uncovered(names: tuple[str, ...], text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, signs, uncover in _LAYERS:
        if any(sign in text for sign in signs):
            plainer = uncover(text)
            if plainer != text:
                yield (*names, name), plainer
    if not text.isascii():
        plainer = unicodedata.normalize("NFKC", text)
        if "@" in plainer and plainer != text:
            yield (*names, "wide"), plainer
    if "@" not in text and _AT.search(text):
        yield (*names, "at"), _DOT.sub(".", _AT.sub("@", text))


def _unpercented(text: str) -> str:
    return unquote(_PERCENT_U.sub(lambda found: chr(int(found[1], 16)), text))


def _unstyled(text: str) -> str:
    return _STYLED.sub("@", text)


def _from_utf_7(text: str) -> str:
    return text.replace("+AEA-", "@").replace("+-", "+")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escaped_character, text)


def _escaped_character(found: re.Match[str]) -> str:
    braced, short, long, byte, octal, letter = found.groups()
    if letter:
        return {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(letter, letter)
    number = int(octal, 8) if octal else int(braced or short or long or byte, 16)
    return chr(number) if number < 0x110000 else ""


def _unquoted(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    plain = _QUOTED.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"", raw)
    return plain.decode("utf-8", "replace")


_LAYERS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("url", "%", _unpercented),
    ("html", "&", html.unescape),
    ("json", "\\", _unescaped),
    ("css", "\\", _unstyled),
    ("utf-7", "+", _from_utf_7),
    ("quoted-printable", "=", _unquoted),
)
