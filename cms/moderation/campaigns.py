"""Which near-copies of a text make one campaign, and which of them say exactly the same."""

import re
import unicodedata
from difflib import SequenceMatcher
from hashlib import blake2b

_ADDRESS = re.compile(r"[^\s@<>()]{1,64}@[\w-]+(?:\.[\w-]+)+")
# Whatever has a dot inside is a host: rather one fold too many than a wrong link.
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_DOT_INSIDE = re.compile(r"\.(?<=[\w-]\.)[\w-]")  # without one there is neither host nor address
_NUMBER = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Characters of each text whose differences are marked; more would cost more than it tells.
COMPARED_MAX = 1500


def facts(text: str) -> tuple[tuple[str, ...], ...]:
    """Return what must not differ within a fold: hosts, e-mail addresses, numbers, each in their order.

    Digits of any script are read.
    """
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    numbers = tuple(number.lstrip("0") for number in _NUMBER.findall(_in_plain_digits(folded)))
    if not _DOT_INSIDE.search(folded):
        return (), (), numbers
    return tuple(_HOST.findall(folded)), tuple(_ADDRESS.findall(folded)), numbers


def facts_digest(text: str) -> int:
    """Return a number of 64 bits, with a sign, that texts which state the same facts share."""
    return int.from_bytes(blake2b(repr(facts(text)).encode(), digest_size=8).digest(), signed=True)


def may_state(text: str, told: tuple[tuple[str, ...], ...]) -> bool:
    """Tell, far sooner than `facts()` would, that a text cannot state what is `told`: one of its numbers is missing."""
    for number in told[2]:
        if number not in text:
            return not text.isascii()
    return True


def are_equal(one: str, other: str) -> bool:
    """Tell whether two texts are the same but for capitals, spaces and the way in which letters are encoded."""
    return same_form(one) == same_form(other)


def same_form(text: str) -> str:
    """Return a text as equal ones share it."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def differences(one: str, other: str) -> tuple[tuple[str, bool], ...]:
    """Return the text `other` in pieces, each with whether it differs from `one`."""
    before, after = _WORDS.findall(one[:COMPARED_MAX]), _WORDS.findall(other[:COMPARED_MAX])
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        ("".join(after[start:end]), kind != "equal")
        for kind, _, _, start, end in matcher.get_opcodes()
        if end > start
    )


def _in_plain_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in text)
