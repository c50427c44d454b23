"""What may be decided about a comment, and which decisions still stand."""

import html
import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cms.comments.rules import CommentStatus, Lesson
from cms.text.numbers import ID_DIGITS, whole_number

IDS_MAX = 5000  # in one POST; a whole campaign, and far below SQLite's 32,766 variables
COUNTED_MAX = 10_000  # a tab that holds more says so; counting further would cost without telling
BACK_MAX_CHARS = 500
REASONS_MAX = 40  # that a newsroom can have in use and retired; the first nine have keys
CODE_MAX_CHARS = 40
STAFF_SENTENCE_MAX_CHARS = 100
PUBLIC_SENTENCE_MAX_CHARS = 500
NOTE_MAX_CHARS = 1000
OPERATOR = "operator"  # the policy of what was done by a command, or by the program for whoever runs it
SPAM_POLICY = "spam filter"  # the policy that the log names where the filter acted by itself
TRUST_POLICY = "trusted"  # where it let a comment appear whose writer has proved her address and confirmed it
_INSIDE = re.compile(r"/moderation/(?:log|escalated)?(?:\?[A-Za-z0-9_.=&%+-]*)?")
_HREF = re.compile(r'<a href="([^"]*)"')


class EntryKind(StrEnum):
    """What an entry of the moderation log records; its column is called `deed`."""

    SUBMITTED = "submitted"
    IMPORTED = "imported"
    DECIDED = "decided"
    UNDONE = "undone"
    EDITED = "edited"
    REVISED = "revised"  # a held edit became the public text
    KEPT = "kept"  # a held edit was refused, the public text stays
    WITHDRAWN = "withdrawn"
    ASKED = "asked"  # the writer wants a second look
    ERASED = "erased"
    REPLIED = "replied"  # somebody of staff wrote it
    FEATURED = "featured"
    UNFEATURED = "unmarked"  # featured no longer; the column takes nine letters
    CORRECTED = "corrected"  # an editor changed what it says
    ESCALATED = "escalated"  # put on the editors' list
    RETURNED = "returned"  # taken off that list, undecided
    REPORTED = "reported"  # so many readers have reported it that somebody must look


# What one undo takes back of a decision about many.
IN_BATCHES_UNDONE = (EntryKind.DECIDED, EntryKind.REPLIED, EntryKind.UNDONE)
_BESIDE = (
    EntryKind.FEATURED,
    EntryKind.UNFEATURED,
    EntryKind.CORRECTED,
    EntryKind.ESCALATED,
    EntryKind.RETURNED,
)
BESIDE_THE_STATE = (*_BESIDE, EntryKind.REPORTED)  # who made these has decided nothing about the status
HER_OWN_MIND = frozenset({EntryKind.DECIDED, EntryKind.UNDONE, *_BESIDE})
UNDOABLE = HER_OWN_MIND | {EntryKind.REVISED, EntryKind.KEPT, EntryKind.REPLIED}
# What takes a comment off the editors' list or puts it there; its undo restores what stood.
ON_THE_LIST = frozenset(
    {
        EntryKind.ESCALATED,
        EntryKind.RETURNED,
        EntryKind.DECIDED,
        EntryKind.REVISED,
        EntryKind.KEPT,
        EntryKind.UNDONE,
    }
)
OPPOSITES = {
    EntryKind.FEATURED: EntryKind.UNFEATURED,
    EntryKind.UNFEATURED: EntryKind.FEATURED,
}  # how each is undone


class Verdict(StrEnum):
    """What a moderator can say of a comment."""

    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    HOLD = "hold"


STATUS_AFTER = {
    Verdict.APPROVE: CommentStatus.APPROVED,
    Verdict.REJECT: CommentStatus.REJECTED,
    Verdict.SPAM: CommentStatus.SPAM,
    Verdict.HOLD: CommentStatus.HELD,
}
MAY_BE_ESCALATED = (CommentStatus.HELD, CommentStatus.APPROVED)  # the rest is decided
TAKES_AWAY = frozenset({Verdict.REJECT, Verdict.SPAM})  # what can take published answers along
# Of the reasons that every newsroom begins with, as long as it has not written its own words.
REASON_SENTENCES: dict[str, str] = {
    "rude": "Rude",
    "off_topic": "Off topic",
    "advert": "An advertisement",
    "personal": "Tells something private",
    "unlawful": "Unlawful",
}
PUBLIC_SENTENCES: dict[str, str] = {
    "rude": "It was written in a tone that we do not publish.",
    "off_topic": "It was not about the article.",
    "advert": "It was an advertisement.",
    "personal": "It told something private about a person.",
    "unlawful": "We may not publish it by law.",
}


@dataclass(frozen=True, slots=True)
class LastEntry:
    """The newest entry of a comment's log, as far as a race needs it."""

    id: int
    deed: EntryKind
    staff_id: int | None
    reason: str = ""
    undo_of: int | None = None


@dataclass(frozen=True, slots=True)
class LeftAsItIs:
    """A comment that somebody else was faster with; `by_name` is empty where its writer or a policy acted."""

    comment_id: int
    entry_id: int
    deed: EntryKind
    by_name: str
    at: datetime
    status: CommentStatus


def still_stands(as_of: int, last: LastEntry, staff_id: int) -> bool:
    """Tell whether a decision made on the state `as_of` may be carried out.

    It may not where somebody else has decided, or the writer has changed the comment, since then;
    the same person may change her mind.
    """
    return last.id <= as_of or (last.staff_id == staff_id and last.deed in HER_OWN_MIND)


def is_said_twice(last: LastEntry, verdict: Verdict, reason: str, staff_id: int, *, edit_waits: bool) -> bool:
    """Tell whether the same person says of an edit what she has just said of it: her second click does nothing.

    Another word of hers about an edit that is gone is none about the comment: she is told instead.
    """
    deed = {Verdict.APPROVE: EntryKind.REVISED, Verdict.REJECT: EntryKind.KEPT}.get(verdict)
    said = (last.deed, last.reason, last.staff_id) == (deed, reason, staff_id)
    return said and not edit_waits


def is_so_already(status: CommentStatus, last: LastEntry, wanted: CommentStatus, reason: str) -> bool:
    """Tell whether a decision would say nothing new, so that a button pressed twice makes one entry.

    That only a policy called a comment spam or rejected it is new when a person says it too.
    """
    if wanted in {CommentStatus.HELD, CommentStatus.APPROVED}:  # for which nobody gives reasons
        return status is wanted
    return status is wanted and last.reason == reason and last.staff_id is not None


def reason_kept(verdict: Verdict, reason: str) -> str:
    """Return the reason that goes into the log: approving and holding need none."""
    return reason if verdict in {Verdict.REJECT, Verdict.SPAM} else ""


def lesson_of(
    status: CommentStatus, reason: str, spam_reasons: Container[str], *, by_person: bool
) -> Lesson | None:
    """Return what a decision teaches the filter of spam: only people teach, and most rejections are about manners.

    A rejection for one of `spam_reasons` is the same lesson as calling the comment spam.
    """
    if not by_person:
        return None
    if status is CommentStatus.APPROVED:
        return Lesson.FINE
    is_advert = status is CommentStatus.REJECTED and reason in spam_reasons
    return Lesson.SPAM if status is CommentStatus.SPAM or is_advert else None


def can_undo(deed: EntryKind, before: CommentStatus | None) -> bool:
    """Tell whether an entry, as its comment's last, may be undone: what staff did, an undo among it."""
    return deed in UNDOABLE and before is not None


def state_before(deed: EntryKind, from_status: CommentStatus | None) -> CommentStatus | None:
    """Return the state to which an undo of an entry leads; a reply of staff that is taken back is not published."""
    return CommentStatus.REJECTED if deed is EntryKind.REPLIED else from_status


def link_addresses(body_html: str) -> tuple[str, ...]:
    """Return where the links of a cleaned comment really lead, each address once."""
    return tuple(dict.fromkeys(html.unescape(address) for address in _HREF.findall(body_html)))


def way_back(asked: str) -> str:
    """Return the page of the dashboard to go back to; the queue for any other address."""
    return asked if len(asked) <= BACK_MAX_CHARS and _INSIDE.fullmatch(asked) else "/moderation/"


def whole_numbers(texts: list[str]) -> list[int] | None:
    """Return ids in order, each once; None where one is none, or where there are none or too many."""
    if not 0 < len(texts) <= IDS_MAX:
        return None
    numbers = [number for text in texts if (number := whole_number(text, ID_DIGITS)) is not None]
    return sorted(set(numbers)) if len(numbers) == len(texts) else None


def cell(text: str) -> str:
    """Return a name as a spreadsheet takes it for text, never for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
