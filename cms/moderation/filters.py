"""What narrows the queue: by where a comment stands, what it is about, whose it is, what it says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from cms.comments.signals import SCORE_MAX, HoldCode, Lane
from cms.text.numbers import ID_DIGITS, number_or_0

WORDS_MAX = 8  # words that are looked for; more than that is a quotation
TEXT_MAX = 200  # characters read of what was typed
HOURS_MAX = 87_600  # ten years
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows the queue; an empty field narrows nothing.

    `commenter` and `network` are ids of a comment and stand for all by the same commenter or from the same network:
    no page ever names either. `campaign` is the id of the comment that a group of near-copies began with;
    what approves of it goes for those alone that say the same as the comment `equal_to`. `reported` is 1 for what
    enough readers have reported.
    """

    lane: str = ""
    article: int = 0
    section: int = 0
    older_hours: int = 0
    newer_hours: int = 0
    reason: str = ""
    score_from: int = 0
    commenter: int = 0
    network: int = 0
    host: str = ""
    language: str = ""
    words: str = ""
    reported: int = 0
    campaign: int = 0
    equal_to: int = 0

    def __bool__(self) -> bool:
        """Whether anything narrows the queue."""
        return bool(self.as_query())

    def as_query(self) -> dict[str, str]:
        """Return the fields that narrow, by name, as an address and a form carry them."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) for name, value in values.items() if value}

    def search_words(self) -> tuple[str, ...]:
        """Return the words that are looked for."""
        return tuple(_WORD.findall(self.words)[:WORDS_MAX])


EVERYTHING = Filter()


def filter_of(asked: Mapping[str, str]) -> Filter:
    """Return the filter that an address or a form asks for; what makes no sense narrows nothing."""
    return Filter(
        lane=_one_of(Lane, asked.get("lane", "")),
        article=_number(asked.get("article", "")),
        section=_number(asked.get("section", "")),
        older_hours=min(_number(asked.get("older_hours", "")), HOURS_MAX),
        newer_hours=min(_number(asked.get("newer_hours", "")), HOURS_MAX),
        reason=_one_of(HoldCode, asked.get("reason", "")),
        score_from=min(_number(asked.get("score_from", "")), SCORE_MAX),
        commenter=_number(asked.get("commenter", "")),
        network=_number(asked.get("network", "")),
        host=_text(asked.get("host", "")).lower().removeprefix("www."),
        language=_text(asked.get("language", "")),
        words=_text(asked.get("words", "")),
        reported=min(_number(asked.get("reported", "")), 1),
        campaign=_number(asked.get("campaign", "")),
        equal_to=_number(asked.get("equal_to", "")),
    )


def _one_of(kind: type[Lane] | type[HoldCode], text: str) -> str:
    return text if text in set(kind) else ""


def _number(text: str) -> int:
    return number_or_0(text, ID_DIGITS)


def _text(text: str) -> str:
    return text.replace("\0", "").strip()[:TEXT_MAX]
