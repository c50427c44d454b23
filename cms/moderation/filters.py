"""The filter of the queue: by lane, article, writer, age, reason and words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from cms.comments.signals import SCORE_MAX, HoldCode, Lane
from cms.text.numbers import ID_DIGITS, ID_MAX, number_or_0

WORDS_MAX = 8  # words to search for; more of them are a quotation
TEXT_MAX = 200  # characters of a text field that are read
HOURS_MAX = 87_600  # ten years
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Filter:
    """The conditions that a queue's comments meet; an empty field is no condition.

    `commenter` and `network` are ids of a comment and mean everything by the same commenter or from the same network,
    since no page ever names either. `campaign` is the id of the first comment of a group of near-copies. An approval
    of a campaign covers only those with the same text as the comment `equal_to`. `reported` is 1 for comments that
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
        """Whether any condition is set."""
        return bool(self.as_query())

    def as_query(self) -> dict[str, str]:
        """Return the fields that are set, by name, as query parameters and form fields."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) for name, value in values.items() if value}

    def search_words(self) -> tuple[str, ...]:
        """Return the words that a comment must contain."""
        return tuple(_WORD.findall(self.words)[:WORDS_MAX])


EVERYTHING = Filter()


def filter_of(asked: Mapping[str, str]) -> Filter:
    """Return the filter of a query or a form; a value that makes no sense is ignored."""
    return Filter(
        lane=_one_of(Lane, asked.get("lane", "")),
        article=_number(asked, "article"),
        section=_number(asked, "section"),
        older_hours=_number(asked, "older_hours", HOURS_MAX),
        newer_hours=_number(asked, "newer_hours", HOURS_MAX),
        reason=_one_of(HoldCode, asked.get("reason", "")),
        score_from=_number(asked, "score_from", SCORE_MAX),
        commenter=_number(asked, "commenter"),
        network=_number(asked, "network"),
        host=_text(asked.get("host", "")).lower().removeprefix("www."),
        language=_text(asked.get("language", "")),
        words=_text(asked.get("words", "")),
        reported=_number(asked, "reported", 1),
        campaign=_number(asked, "campaign"),
        equal_to=_number(asked, "equal_to"),
    )


def _one_of(kind: type[Lane] | type[HoldCode], text: str) -> str:
    return text if text in set(kind) else ""


def _number(asked: Mapping[str, str], name: str, largest: int = ID_MAX) -> int:
    return min(number_or_0(asked.get(name, ""), ID_DIGITS), largest)


def _text(text: str) -> str:
    return text.replace("\0", "").strip()[:TEXT_MAX]
