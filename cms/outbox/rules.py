"""Pure decisions about letters: which kinds there are, when one is due, tried again, given up and swept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cms.accounts.rules import PASSWORD_LINK_LIVES

ROW_LEASE = timedelta(minutes=10)  # longer than sending takes; after it, a dead sender's letter is free again
UNDO_TIME = timedelta(minutes=2)  # in which a moderator may take back what caused a letter
FIRST_PAUSE = timedelta(minutes=1)  # before a letter that was put off by the server is tried again
LONGEST_PAUSE = timedelta(hours=12)
TRIES = 20  # 1, 2, 4 … minutes, then every 12 hours: five days in all, as RFC 5321, section 4.5.4.1, asks
KEPT_FOR = timedelta(days=7)  # what is left of a letter that was sent: what was told to whom, by fingerprint
LIVES_FOR = timedelta(days=14)  # no letter waits longer, whatever kept it from going
ASKED_AT_MOST = 3  # times that somebody who does not answer is asked whether she wants letters
ASKED_EVERY = timedelta(days=1)
REQUESTS_PER_TEN_MINUTES = 10  # of one kind from one network; a household asks once
ONE_A_THREAD = timedelta(hours=1)  # between two letters to one person about one thread


class LetterKind(StrEnum):
    """What a letter is for."""

    MY_COMMENTS = "my_comments"
    OPT_IN = "opt_in"
    REPLY = "reply"
    CONFIRM = "confirm"
    DIGEST = "digest"
    PASSWORD = "password"  # noqa: S105  # a kind, and no secret


AWAITED = (LetterKind.MY_COMMENTS, LetterKind.PASSWORD)  # somebody waits for them at her screen


class Wish(StrEnum):
    """What the owner of an address has said to letters about replies."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


# So many letters of one kind go to one address in that time; more are dropped: a link that is there already will do,
# and a comment that its writer is not asked about waits for a moderator. Who types in a stranger's address bothers
# her no more often than that.
CEILINGS = {
    LetterKind.MY_COMMENTS: ((1, timedelta(minutes=10)),),
    LetterKind.OPT_IN: ((1, ASKED_EVERY),),
    LetterKind.CONFIRM: ((1, timedelta(minutes=1)), (5, timedelta(days=1))),
    # Whoever is refused a third has a link that still lives: no stranger can use up what she needs.
    LetterKind.PASSWORD: ((1, timedelta(minutes=2)), (2, PASSWORD_LINK_LIVES - timedelta(minutes=10))),
}


@dataclass(frozen=True, slots=True)
class KnownCommenter:
    """What the owner of an address has said so far."""

    fingerprint: str
    mark: str
    wish: Wish
    asked: int
    asked_at: datetime | None
    proved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """What a letter says, in plain text.

    `stop_path` is where one click ends letters like it, '' for one that was asked for by itself. `tells` are those
    letters for which it speaks where several go together, () for all; the others have nothing to say any more.
    """

    subject: str
    text: str
    stop_path: str = ""
    tells: tuple[int, ...] = ()


def pause_after(attempts: int) -> timedelta:
    """Return how long a letter that was tried so many times waits: 1, 2, 4 … minutes, at most LONGEST_PAUSE."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 20)), LONGEST_PAUSE)


def is_hopeless(attempts: int, created_at: datetime, now: datetime) -> bool:
    """Tell whether a letter that could not be sent is given up."""
    return attempts >= TRIES or now - created_at >= LIVES_FOR


def may_ask(known: KnownCommenter | None, now: datetime) -> bool:
    """Tell whether a letter may ask for somebody's wish: ASKED_AT_MOST times, ASKED_EVERY, never again after an answer."""
    if known is None:
        return True
    is_long_ago = known.asked_at is None or abs(now - known.asked_at) >= ASKED_EVERY
    return known.wish is Wish.UNKNOWN and known.asked < ASKED_AT_MOST and is_long_ago
