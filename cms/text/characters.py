"""Which characters a reader's text may hold, whatever page it will stand on."""

import re
import unicodedata

# C0 except tab and newline, DEL and C1; surrogates, which UTF-8 cannot carry; Unicode's 66 non-characters, of
# which 32 end the planes beyond the first. Those stand apart, since a class that holds them tries each of the 32
# at every character: a text took 63 ns for each of its characters so, and takes 6 (measured).
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_UNSTORABLE = re.compile(f"[{_CONTROLS}]")
_ASCII_CONTROLS = bytes(set(range(32)) - {9, 10} | {127})
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_ENDS_BEYOND = re.compile(
    "[" + "".join(f"{chr(end - 1)}{chr(end)}" for end in range(0x1FFFF, 0x110000, 0x10000)) + "]"
)
# Bidi embeddings, overrides and isolates as well, since they would turn the text that follows. ZWNJ, ZWJ,
# LRM, RLM and ALM stay: Urdu, Persian and emoji are spelt with them.
_FORBIDDEN = re.compile(f"[{_CONTROLS}\u202a-\u202e\u2066-\u2069]")
_DRAWN = re.compile("[!-~]")  # in nearly every text the first character
_BLANK_LINES = re.compile("\n{4,}")

# Unicode calls these letters, marks or symbols, yet no font draws them: combining grapheme joiner, Hangul and
# Khmer fillers, the Braille blank, variation selectors.
_UNDRAWN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Format characters by category, drawn all the same: the Arabic, Syriac and Kaithi number signs.
_DRAWN_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


def comment_text(raw: str) -> str:
    """Return what a reader typed as it is kept: LF only, nothing forbidden, at most two blank lines together.

    Trailing spaces and outer blank lines go; nothing else is changed, so an edit begins with her own words.
    """
    text = "\n".join(map(str.rstrip, _permitted(raw).split("\n"))).strip("\n")
    return _BLANK_LINES.sub("\n\n\n", text) if "\n\n\n\n" in text else text


def one_line(raw: str) -> str:
    """Return a name or title on one line with single spaces; '' when nothing in it can be seen."""
    line = " ".join(_permitted(raw).split())
    return "" if is_blank(line) else line


def storable(raw: str) -> str:
    """Return text with LF as its only line end, without the characters that no database or page can hold."""
    return _without(_UNSTORABLE, _line_feeds(raw))


def is_blank(text: str) -> bool:
    """Say whether nothing of `text` would be seen: only white space, controls and what no font draws."""
    return _DRAWN.search(text) is None and all(map(_invisible, text))


def _permitted(raw: str) -> str:
    return _without(_FORBIDDEN, _line_feeds(raw))


def _without(unwanted: re.Pattern[str], text: str) -> str:
    if text.isascii():  # as bytes: a pattern takes four times as long
        return text.encode().translate(None, _ASCII_CONTROLS).decode()
    kept = unwanted.sub("", text)
    return _ENDS_BEYOND.sub("", kept) if _BEYOND.search(kept) else kept


def _line_feeds(raw: str) -> str:
    # Not a pattern: it takes fifteen times as long, and all that is cleaned passes here twice (measured).
    feeds = raw.replace("\u2029", "\n\n").replace("\r\n", "\n")
    return feeds.replace("\r", "\n").replace("\u2028", "\n")


def _invisible(character: str) -> bool:
    if character in _DRAWN_FORMATS:
        return False
    return (
        character.isspace()
        or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
        or _UNDRAWN.match(character) is not None
    )
