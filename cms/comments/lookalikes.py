"""Letters that look like others: what a disguised text says, and which names nobody can tell apart.

The tables are our own and small: Unicode's decompositions know the mathematical, circled and full-width alphabets,
so only letters without one stand here.
"""

import re
import unicodedata
from functools import lru_cache

# Drawn like a Latin letter, yet another one: Cyrillic, Greek, Armenian.
_TWINS = (
    "aаα cсϲ dԁ eеҽ gց hһհ iіι jјϳ kκк lӏ mм nոп oоοօσ pрρ qԛ rг sѕ tτт uυս vνѵ wԝшω xхχ yуγү bв"
).split()
_TWIN_OF = {ord(twin): family[0] for family in _TWINS for twin in family[1:]}
_UNDECOMPOSED = {
    # Small capitals.
    **dict(zip(map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"), "abcdefghijklmnoprstuvwyz", strict=True)),
    **{
        first + place: letter  # white on a disk, white on a square, and the halves of flags
        for first in (0x1F150, 0x1F170, 0x1F1E6)
        for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
    },
    ord("ı"): "i",
    ord("ɡ"): "g",
    ord("ø"): "o",
    ord("ł"): "l",
}
_DIGITS = str.maketrans("0134578", "oieastb")
_SAME_IN_NAMES: dict[int, str | int] = {
    **dict(zip(range(128), range(128), strict=True)),
    **_TWIN_OF,
    **_DIGITS,
    **dict.fromkeys(map(ord, "lӏ"), "i"),
}
_READ_AT_ONCE = 8  # texts; a comment is read five times in a row, and several threads do so
# Drawn over Latin, Greek, Cyrillic.
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_UNSEEN = "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef"
# One by one: a pattern that begins with a repetition takes four times as long to find that there is nothing.
_NOT_SAID = re.compile(f"[{_MARKS}{_UNSEEN}]")
_LETTER_WITHOUT_PARTS = re.compile(f"[{''.join(map(chr, _UNDECOMPOSED))}]")
_TWIN_SCRIPTS = re.compile("[\u0370-\u058f]")
_TWO_SCRIPTS = re.compile(r"\b(?=[^\W_]*[a-z])(?=[^\W_]*[\u0370-\u058f])[^\W_]+")
_NAME_LETTERS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Return `text` in small letters as it reads aloud: no ornament, no accent, nothing invisible, no borrowed letter.

    A word in one script stays in it; in a word of two, Cyrillic, Greek and Armenian twins become Latin.
    """
    return text.lower() if text.isascii() else _plain(text)


@lru_cache(_READ_AT_ONCE)
def _plain(text: str) -> str:
    bare = _NOT_SAID.sub("", unicodedata.normalize("NFKD", text))
    bare = _LETTER_WITHOUT_PARTS.sub(lambda letter: _UNDECOMPOSED[ord(letter[0])], bare).casefold()
    if _TWIN_SCRIPTS.search(bare):
        bare = _TWO_SCRIPTS.sub(lambda word: word[0].translate(_TWIN_OF), bare)
    return unicodedata.normalize("NFC", bare)


def skeleton(name: str) -> str:
    """Return what is the same for two names that look alike: `Ada`, `ADA`, `Аdа` and `Аԁа` give one."""
    letters = plain(name).translate(_SAME_IN_NAMES).replace("rn", "m").replace("vv", "w")
    return _NAME_LETTERS.sub("", letters)


def without_digits(word: str) -> str:
    """Return a word with its digits read as the letters that they look like: `m4xw1n` is `maxwin`."""
    return word.translate(_DIGITS)
