"""Pure decisions about comments: what is a repeat, until when they are taken, what a thread looks like."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar
from urllib.parse import quote

REPEAT_WINDOW = timedelta(hours=24)
NAME_MAX_CHARS = 100
ADDRESS_MAX_OCTETS = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
WEEK_SECONDS = 7 * 86_400
TOKEN_WEEKS = 3  # a page kept for a day, or a tab of last week, still sends
# The HTML standard's idea of an address, opened to letters of any script and asking for a dot in the domain;
# nothing invisible, so that nobody is shown one address and written to at another.
_NEVER = (
    r"\s@<>()\[\],;:\\\"\x00-\x20\x7f-\xa0\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
)
_ADDRESS = re.compile(rf"[^{_NEVER}]{{1,64}}@[^.{_NEVER}]+(?:\.[^.{_NEVER}]+)+")
_UNSEEN = re.compile("<[^<>]{0,200}>|[\xad\u200b-\u200f\u2060\ufeff]")  # tags, and what no font draws
_GAPS = re.compile(r"\s*([@.])\s*")
_READ_AS_AT = "@\ufe6b\uff20"  # NFKC makes @ of nothing else


class CommentStatus(StrEnum):
    """What was decided about a comment; withdrawal and erasure are times, not states."""

    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"


class Lesson(StrEnum):
    """What a person's decision about a comment teaches the filter of spam."""

    SPAM = "spam"
    FINE = "fine"


class VersionKind(StrEnum):
    """Which text an entry of the log took out of use."""

    REPLACED = "replaced"  # a held text, by its writer's edit
    TAKEN = "taken"  # a public text, by an edit that a moderator took
    DROPPED = "dropped"  # an edit that a moderator refused
    TAKEN_BACK = "taken_back"  # an undo of the one
    DROPPED_BACK = "dropped_back"  # an undo of the other
    CORRECTED = "corrected"  # a text that an editor made another of
    UNCORRECTED = "uncorrected"  # the editor's text, by an undo


class ReceiptState(StrEnum):
    """What a receipt says of its comment."""

    WAITING = "waiting"
    PUBLISHED = "published"
    NOT_PUBLISHED = "not_published"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class SecondLook(StrEnum):
    """What a receipt says of a second look at a rejection."""

    NONE = "none"
    POSSIBLE = "possible"
    WAITING = "waiting"
    HAD = "had"


class ThreadRow(Protocol):
    """As much of a comment as its place in the thread needs."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def parent_id(self) -> int | None:
        """The number of the one that it answers."""


Row = TypeVar("Row", bound=ThreadRow)


def is_repeat(earlier: datetime, now: datetime) -> bool:
    """Tell whether the same text sent `earlier` makes this one a repeat."""
    return now - earlier < REPEAT_WINDOW


def closes_at(
    publish_at: datetime, comments_open: bool, comments_close_at: datetime | None, close_after_days: int
) -> datetime | None:
    """Return when an article stops taking comments: None for never, `publish_at` itself for closed by hand."""
    if not comments_open:
        return publish_at
    if comments_close_at is not None:
        return comments_close_at
    return publish_at + timedelta(days=close_after_days) if close_after_days else None


def paused_until(until: datetime | None, now: datetime) -> datetime | None:
    """Return until when a moderator lets nobody comment, None where that is over or never was."""
    return until if until is not None and now < until else None


def receipt_address(secret: str) -> str:
    """Return the path at which the receipt with this secret is shown."""
    return f"/comments/{quote(secret, safe='')}"


def place_address(article_path: str, comment_id: int) -> str:
    """Return the address that leads to a comment, on whichever page of its article it stands."""
    return f"{article_path}?comment={comment_id}"


def is_address(text: str) -> bool:
    """Tell whether `text` can be an e-mail address."""
    return _ADDRESS.fullmatch(text) is not None and len(text.encode()) <= ADDRESS_MAX_OCTETS


def gives_away(text: str, address: str) -> bool:
    """Tell whether anybody could read `address` in `text`, whatever its case and however it is spaced."""
    if not address or (
        "@" in address and "<" not in address and not any(sign in text for sign in _READ_AS_AT)
    ):
        return False  # as most texts
    return _as_read(address) in _as_read(text)


def token_week(now: datetime) -> int:
    """Return the week that a form's token names, counted from the epoch."""
    return int(now.timestamp()) // WEEK_SECONDS


def week_end(now: datetime) -> datetime:
    """Return when the week ends that a token of `now` names."""
    return datetime.fromtimestamp((token_week(now) + 1) * WEEK_SECONDS, UTC)


def in_reading_order(rows: Sequence[Row]) -> list[tuple[Row, int]]:
    """Return comments depth first with their depth (0 for the first of a thread).

    `rows` come oldest first; one whose parent is not among them begins a thread.
    """
    present = {row.id for row in rows}
    replies: dict[int | None, list[Row]] = {}
    for row in rows:
        replies.setdefault(row.parent_id if row.parent_id in present else None, []).append(row)
    ordered: list[tuple[Row, int]] = []
    waiting = [(row, 0) for row in reversed(replies.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        ordered.append((row, depth))
        waiting.extend((reply, depth + 1) for reply in reversed(replies.get(row.id, [])))
    return ordered


def receipt_state(status: CommentStatus, *, withdrawn: bool, by_person: bool) -> ReceiptState:
    """Return what the writer is told; what only a policy called spam is still waiting, as far as she can see."""
    if withdrawn:
        return ReceiptState.WITHDRAWN
    if status is CommentStatus.APPROVED:
        return ReceiptState.PUBLISHED
    if status is CommentStatus.REJECTED or (status is CommentStatus.SPAM and by_person):
        return ReceiptState.NOT_PUBLISHED
    return ReceiptState.WAITING


def _as_read(text: str) -> str:
    # NFKC, so that wide and styled letters are what they look like.
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()
    return _GAPS.sub(r"\1", plain).strip()


def second_look(status: CommentStatus, *, gone: bool, asked: bool, waits: bool) -> SecondLook:
    """Return whether the writer may ask for a second look: once for ever, at a rejection."""
    if status is not CommentStatus.REJECTED or gone:
        return SecondLook.NONE
    if not asked:
        return SecondLook.POSSIBLE
    return SecondLook.WAITING if waits else SecondLook.HAD
