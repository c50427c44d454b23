"""Pure decisions of the desk: states and buttons, what was typed into lists and dates."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

TITLE_MAX_CHARS = 500
STANDFIRST_MAX_CHARS = 2000
NAME_MAX_CHARS = 200  # of an author, a section or a tag
PICTURE_WORDS_MAX_CHARS = 1000  # of what a picture shows, and of its caption
CREDIT_MAX_CHARS = 300
NAMES_MAX = 50  # authors, or tags, of one article
YEARS = range(1000, 9999)  # four digits, which SQLite sorts as text, with room for a change of time zone
_COMMAS = re.compile("[,،、，]")
# Of no script, for as long as a list is split.
_HIDDEN = {",": "\ue000", "،": "\ue001", "、": "\ue002", "，": "\ue003"}
_SHOWN = {ord(hidden): comma for comma, hidden in _HIDDEN.items()}


class Button(StrEnum):
    """What a button of the form does with what is written."""

    SAVE = "save"
    PREVIEW = "preview"
    WRITE_ON = "write_on"  # back from the preview
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    RETRACT = "retract"


class State(StrEnum):
    """What an article's status amounts to at this moment."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    RETRACTED = "retracted"


def names_in(text: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of a list with commas of any script, each once, in order.

    A name among `known` may hold commas itself, as some that moved in from elsewhere do.
    """
    for name in known:
        text = text.replace(name, _COMMAS.sub(lambda comma: _HIDDEN[comma[0]], name))
    found: dict[str, str] = {}
    for piece in _COMMAS.split(text):
        name = " ".join(piece.translate(_SHOWN).split())
        if name:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())


def moment_in(text: str, timezone: str) -> datetime | None:
    """Return the UTC moment of a date and time typed in `timezone`, or None where `text` is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.year not in YEARS:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


def as_typed(moment: datetime | None, timezone: str) -> str:
    """Return a moment as a browser's field for date and time takes it: in `timezone`, to the minute."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


def offered(state: State | None, *, may_publish: bool) -> tuple[Button, ...]:
    """Return the buttons for an article in `state` (None: not yet stored), the most usual first."""
    if not may_publish:
        return (Button.SAVE, Button.PREVIEW)
    return (Button.SAVE, Button.PREVIEW, *_CHANGES[state])


_CHANGES: dict[State | None, tuple[Button, ...]] = {
    None: (Button.PUBLISH,),
    State.DRAFT: (Button.PUBLISH,),
    State.SCHEDULED: (Button.PUBLISH, Button.UNPUBLISH),
    State.PUBLISHED: (Button.UNPUBLISH, Button.RETRACT),
    State.RETRACTED: (Button.PUBLISH, Button.UNPUBLISH),
}
