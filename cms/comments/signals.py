"""The signals by which a comment is judged: each a code, what was measured, a weight and a sentence for the moderator."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cms.comments.habits import Habits

CAPITALS_FROM_PERCENT = 70  # of the letters: nearly all of it, with room for a word or two in small ones
FOREIGN_FROM_PERCENT = 60  # of the letters: a quotation in another script is no foreign comment
COPIED_FROM_PERCENT = 80  # of the pairs of words: more than a quotation with an answer below it
BURST_FROM = 3  # comments from one network in ten minutes; a reader in a debate writes two
HASTY_SECONDS = 4  # from the first key to sending; nobody reads and writes a sentence in less
SCORE_MAX = 1000
# Log odds of spam where nothing speaks for it: one in six, since so much is written by programs.
_PRIOR = -1.6
_FINE_BELOW, _SPAM_FROM = 300, 850  # score; a newsroom looks at the middle lane with care


class HoldCode(StrEnum):
    """Why a comment is held, or looks as it does: the code of a signal."""

    # The card says it of whatever waits; it is stored only where an earlier release still runs.
    EVERY_COMMENT = "every_comment"
    LINKS = "links"
    TRAP = "trap"
    NO_ORIGIN = "no_origin"
    CAPITALS = "capitals"
    ADDRESS_IN_TEXT = "address_in_text"
    WORDS = "words"
    BAD_HOSTS = "bad_hosts"
    COPIES = "copies"
    SPAM_COPIES = "spam_copies"
    COPIED_PARENT = "copied_parent"
    BURST = "burst"
    HASTE = "haste"
    DISGUISED = "disguised"
    SPACED = "spaced"
    PHONES = "phones"
    ADDRESSES = "addresses"
    NAME_LINK = "name_link"
    STAFF_NAME = "staff_name"
    THREAD_NAME = "thread_name"
    FOREIGN = "foreign"
    SLOW_MODE = "slow_mode"
    NO_PROOF = "no_proof"
    POLICY = "policy"  # the newsroom's own; its measure is the policy's number


HOLD_SENTENCES = {
    HoldCode.EVERY_COMMENT: "Every comment waits for a moderator.",
    HoldCode.LINKS: "It contains links: %(measure)s.",
    HoldCode.TRAP: "The field that people do not see was filled in.",
    HoldCode.NO_ORIGIN: "The browser did not say which page it was sent from.",
    HoldCode.CAPITALS: "It is written in capitals: %(measure)s %% of its letters.",
    HoldCode.ADDRESS_IN_TEXT: "The writer’s own e-mail address stands in the text.",
    HoldCode.WORDS: "Its words are like those of comments that were called spam: %(measure)s %%.",
    HoldCode.BAD_HOSTS: "It names hosts that stood in spam: %(measure)s.",
    HoldCode.COPIES: "Nearly the same text came in before: %(measure)s times.",
    HoldCode.SPAM_COPIES: "Nearly the same text was called spam before: %(measure)s times.",
    HoldCode.COPIED_PARENT: "It repeats what it answers: %(measure)s %% of its words.",
    HoldCode.BURST: "Comments from the same network in ten minutes: %(measure)s.",
    HoldCode.HASTE: "It was written within seconds: %(measure)s.",
    HoldCode.DISGUISED: "Letters are disguised so that programs cannot read them: %(measure)s.",
    HoldCode.SPACED: "Words are written letter by letter: %(measure)s.",
    HoldCode.PHONES: "It contains telephone numbers: %(measure)s.",
    HoldCode.ADDRESSES: "It contains e-mail addresses: %(measure)s.",
    HoldCode.NAME_LINK: "The writer’s name contains a web address.",
    HoldCode.STAFF_NAME: "The name looks like that of an author or of somebody on the staff.",
    HoldCode.THREAD_NAME: "The name looks like that of somebody else in this conversation.",
    HoldCode.FOREIGN: "It is in another script than the article: %(measure)s %% of its letters.",
    HoldCode.SLOW_MODE: "The article had %(measure)s comments in the ten minutes before.",
    HoldCode.NO_PROOF: "The browser did not do the work that was asked of it while comments came in floods.",
    HoldCode.POLICY: "The newsroom’s policy %(measure)s speaks against it.",
}


class Lane(StrEnum):
    """Where a waiting comment stands in the queue."""

    LIKELY_FINE = "likely_fine"
    NEEDS_THOUGHT = "needs_thought"
    LIKELY_SPAM = "likely_spam"


LANE_SENTENCES = {
    Lane.LIKELY_FINE: "Likely fine",
    Lane.NEEDS_THOUGHT: "Needs thought",
    Lane.LIKELY_SPAM: "Likely spam",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One signal that was seen: its code with what was measured (a count, a share in percent, or 0)."""

    code: HoldCode
    measure: int = 0

    @property
    def weight(self) -> float:
        """How much it speaks for spam, as log odds: 0 says nothing, 3 makes twenty times more likely."""
        return _WEIGHTS[self.code](self.measure)


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a submission before it is judged.

    `haste_seconds` is None where nobody could measure it; `words_percent` is None where too little was learnt;
    counts are those of others: copies of this text, comments from this network.
    """

    habits: Habits
    trap_filled: bool = False
    origin_known: bool = True
    own_address_in_text: bool = False
    haste_seconds: int | None = None
    copies: int = 0
    spam_copies: int = 0
    copied_parent_percent: int = 0
    from_network: int = 0
    on_article: int = 0
    foreign_percent: int = 0
    is_staff_name: bool = False
    is_thread_name: bool = False
    bad_hosts: int = 0
    words_percent: int | None = None
    lacks_proof: bool = False


def judge(traits: Traits) -> tuple[Reason, ...]:
    """Return the signals that were seen, strongest first; where there are none it waits for a person all the same."""
    seen = [(code, measured(traits)) for code, measured in _MEASURES.items()]
    reasons = [Reason(code, 0 if code in _WITHOUT_MEASURE else measure) for code, measure in seen if measure]
    return strongest_first(tuple(reasons))


def strongest_first(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return reasons in the order in which a moderator reads them."""
    return tuple(sorted(reasons, key=_strength))


def score(reasons: tuple[Reason, ...]) -> int:
    """Return how much all signals together speak for spam, from 0 to SCORE_MAX."""
    has_words = any(reason.code is HoldCode.WORDS for reason in reasons)
    odds = sum(
        reason.weight * (_LEFT_TO_HABITS if has_words and reason.code in _HABITS else 1) for reason in reasons
    )
    return _points((0 if has_words else _PRIOR) + odds)


def score_without_words(reasons: tuple[Reason, ...]) -> int:
    """Return how much the signals other than words speak for spam, from 0 to SCORE_MAX."""
    return _points(_PRIOR + sum(reason.weight for reason in reasons if reason.code is not HoldCode.WORDS))


def lane(points: int) -> Lane:
    """Return the lane of the queue for a score."""
    if points < _FINE_BELOW:
        return Lane.LIKELY_FINE
    return Lane.LIKELY_SPAM if points >= _SPAM_FROM else Lane.NEEDS_THOUGHT


def _points(odds: float) -> int:
    return round(SCORE_MAX / (1 + math.exp(-odds)))


def _from(least: int, measure: int) -> int:
    return measure if measure >= least else 0


def _strength(reason: Reason) -> tuple[float, str]:
    return (-reason.weight, reason.code.value)


def _log(most: float, each: float) -> Callable[[int], float]:
    """Return a weight that grows with each doubling of a count, up to `most`."""
    return lambda count: min(most, each * math.log2(1 + max(0, count)))


def _fixed(weight: float) -> Callable[[int], float]:
    return lambda _: weight


def _words(percent: int) -> float:
    share = min(99.0, max(1.0, percent)) / 100
    return math.log(share / (1 - share))


def _haste(traits: Traits) -> int:
    seconds = traits.haste_seconds
    return seconds + 1 if seconds is not None and seconds < HASTY_SECONDS else 0


# What is measured of each signal, 0 where it was not seen. As a table: to look up a member of an enumeration takes
# Python 3.11 longer than to measure.
_MEASURES: dict[HoldCode, Callable[[Traits], int]] = {
    HoldCode.TRAP: lambda traits: traits.trap_filled,
    HoldCode.SPAM_COPIES: lambda traits: traits.spam_copies,
    HoldCode.BAD_HOSTS: lambda traits: traits.bad_hosts,
    HoldCode.WORDS: lambda traits: traits.words_percent or 0,
    HoldCode.NO_ORIGIN: lambda traits: not traits.origin_known,
    HoldCode.ADDRESS_IN_TEXT: lambda traits: traits.own_address_in_text,
    HoldCode.DISGUISED: lambda traits: traits.habits.disguised,
    HoldCode.SPACED: lambda traits: traits.habits.spaced,
    HoldCode.COPIES: lambda traits: traits.copies,
    HoldCode.COPIED_PARENT: lambda traits: _from(COPIED_FROM_PERCENT, traits.copied_parent_percent),
    HoldCode.BURST: lambda traits: _from(BURST_FROM, traits.from_network),
    HoldCode.HASTE: _haste,
    HoldCode.NAME_LINK: lambda traits: traits.habits.name_links,
    HoldCode.STAFF_NAME: lambda traits: traits.is_staff_name,
    HoldCode.THREAD_NAME: lambda traits: traits.is_thread_name,
    HoldCode.LINKS: lambda traits: max(traits.habits.links, len(traits.habits.hosts)),
    HoldCode.PHONES: lambda traits: traits.habits.phones,
    HoldCode.ADDRESSES: lambda traits: max(0, traits.habits.addresses - traits.own_address_in_text),
    HoldCode.FOREIGN: lambda traits: _from(FOREIGN_FROM_PERCENT, traits.foreign_percent),
    HoldCode.CAPITALS: lambda traits: _from(CAPITALS_FROM_PERCENT, traits.habits.capitals_percent),
    HoldCode.SLOW_MODE: lambda traits: traits.on_article,
    HoldCode.NO_PROOF: lambda traits: traits.lacks_proof,
}
_WITHOUT_MEASURE = frozenset(
    {
        HoldCode.TRAP,
        HoldCode.NO_ORIGIN,
        HoldCode.ADDRESS_IN_TEXT,
        HoldCode.NAME_LINK,
        HoldCode.STAFF_NAME,
        HoldCode.THREAD_NAME,
        HoldCode.NO_PROOF,
    }
)
# What the filter has learnt to see for itself.
_HABITS = frozenset(
    {
        HoldCode.LINKS,
        HoldCode.CAPITALS,
        HoldCode.DISGUISED,
        HoldCode.SPACED,
        HoldCode.PHONES,
        HoldCode.ADDRESSES,
        HoldCode.NAME_LINK,
    }
)
_LEFT_TO_HABITS = 0.25  # of their weight beside the filter's opinion, which knows them
# Log odds, from what such habits did among labelled comments of blogs, video sites and newspapers; what could not
# be measured there (trap, haste, network) is set so that no one of them alone reaches the lane of spam.
_WEIGHTS: dict[HoldCode, Callable[[int], float]] = {
    HoldCode.EVERY_COMMENT: _fixed(0),
    HoldCode.TRAP: _fixed(2.5),
    HoldCode.SPAM_COPIES: _log(6.0, 3.0),
    HoldCode.BAD_HOSTS: _log(4.0, 2.5),
    HoldCode.WORDS: _words,
    HoldCode.NO_ORIGIN: _fixed(0.7),
    HoldCode.ADDRESS_IN_TEXT: _fixed(0),
    HoldCode.DISGUISED: _log(3.2, 1.2),
    HoldCode.SPACED: _log(3.2, 2.5),
    HoldCode.COPIES: _log(4.0, 1.2),
    HoldCode.COPIED_PARENT: _fixed(1.5),
    HoldCode.BURST: _log(1.5, 0.3),
    HoldCode.HASTE: _fixed(1.5),
    HoldCode.NAME_LINK: _fixed(2.5),
    HoldCode.STAFF_NAME: _fixed(0.5),
    HoldCode.THREAD_NAME: _fixed(0.3),
    HoldCode.LINKS: _log(2.5, 1.2),
    HoldCode.PHONES: _log(3.0, 2.5),
    HoldCode.ADDRESSES: _fixed(1.5),
    HoldCode.FOREIGN: _fixed(0.7),
    HoldCode.CAPITALS: _fixed(0.8),
    HoldCode.SLOW_MODE: _fixed(0),
    HoldCode.NO_PROOF: _fixed(1.0),
    HoldCode.POLICY: _fixed(0),
}
