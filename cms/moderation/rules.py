"""What may be decided about a comment, and which decisions still stand."""

from dataclasses import dataclass
from enum import StrEnum

from cms.comments.rules import CommentStatus


class Deed(StrEnum):
    """What an entry of the log is about."""

    SUBMITTED = "submitted"
    IMPORTED = "imported"
    DECIDED = "decided"
    UNDONE = "undone"
    EDITED = "edited"
    WITHDRAWN = "withdrawn"


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


class RejectionReason(StrEnum):
    """Why a comment is not published: the code that the log keeps."""

    RUDE = "rude"
    OFF_TOPIC = "off_topic"
    ADVERT = "advert"
    PERSONAL = "personal"
    UNLAWFUL = "unlawful"


PUBLIC_SENTENCES = {
    RejectionReason.RUDE: "It was written in a tone that we do not publish.",
    RejectionReason.OFF_TOPIC: "It was not about the article.",
    RejectionReason.ADVERT: "It was an advertisement.",
    RejectionReason.PERSONAL: "It told something private about a person.",
    RejectionReason.UNLAWFUL: "We may not publish it by law.",
}


@dataclass(frozen=True, slots=True)
class LastEntry:
    """The newest entry of a comment's log, as far as a race needs it."""

    id: int
    deed: Deed
    staff_id: int | None


def still_stands(as_of: int, last: LastEntry, staff_id: int) -> bool:
    """Tell whether a decision made on the state `as_of` may be carried out.

    It may not where somebody else has decided, or the writer has changed the comment, since then;
    the same person may change her mind.
    """
    return last.id <= as_of or (last.staff_id == staff_id and last.deed in {Deed.DECIDED, Deed.UNDONE})
