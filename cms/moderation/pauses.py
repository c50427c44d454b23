"""For how long an article's comments may be closed or slowed down by hand."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)  # until somebody opens them again
LONGEST = timedelta(days=3660)  # ten years; whoever wants more says for ever
SLOW_LONGEST = timedelta(days=31)


class PauseKind(StrEnum):
    """What is done to the comments of an article."""

    CLOSED = "closed"
    SLOW = "slow"


PAUSE_SENTENCES = {
    PauseKind.CLOSED: "Comments closed",
    PauseKind.SLOW: "Slow mode",
}
LIFTED_SENTENCES = {
    PauseKind.CLOSED: "Comments opened again",
    PauseKind.SLOW: "Slow mode ended",
}
SPAN_SENTENCES = {  # hours, '' for ever
    "1": "For an hour",
    "6": "For six hours",
    "24": "For a day",
    "72": "For three days",
    "168": "For a week",
    "": "Until somebody opens them again",
}
SLOW_SPANS = ("1", "6", "24", "72")


def ends_at(kind: PauseKind, hours: str, moment: datetime | None, now: datetime) -> datetime | None:
    """Return when a pause ends that is asked for by `hours` or by a `moment`, which goes first; None for nonsense."""
    longest = SLOW_LONGEST if kind is PauseKind.SLOW else LONGEST
    if moment is not None:
        return moment if now < moment <= now + longest else None
    if kind is PauseKind.SLOW:
        return now + timedelta(hours=int(hours)) if hours in SLOW_SPANS else None
    if hours == "":
        return FOR_EVER
    return now + timedelta(hours=int(hours)) if hours in SPAN_SENTENCES else None
