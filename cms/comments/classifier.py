"""A filter that learns from decisions: two opinions about what a comment shows, and when both are sure enough.

The first opinion counts in how many spam and fine comments each bucket stood (naive Bayes over presence; Sahami and
others 1998): one decision is learnt, and unlearnt, exactly. The second is a logistic model fitted to the newest
decisions (by AdaGrad; Duchi and others 2011), which knows what goes together. Both divide by the square root of how
many buckets there are, so that a long comment is not surer than a short one.
"""

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cms.comments import features
from cms.comments.baits import STEP
from cms.comments.features import BAIT_BUCKETS, BUCKETS, EVERY

ENOUGH_OF_EACH = 20  # decisions of each kind before words alone may send anything away
LEAST_OF_EACH = 3  # decisions of each kind before words say anything
# How sure all together is enough for the spam folder, as log odds: fitted by hand to trials in which groups of texts,
# whole sources and whole languages were held back, so that 950 of 1,000 sends at most one in a hundred honest comments
# of a kind never seen before, and few of those known. Longer comments have more in them that looks like something.
_FITTED, _COUNTED, _ONLY_SPAM, _BAIT, _LENGTH, _BASE = 0.44, 0.1, 5.3, 0.86, 0.34, 1.85
_CLEAR_FITTED, _CLEAR_COUNTED = 3.0, 10.0  # an opinion counts no further than this
BAD_FROM = 2  # spam comments that named a host before it counts as theirs; one may have named a victim
TELLING = 0.5  # weight from which a word is worth naming
# What moderators are told of a text stays short: a queue shows fifty comments in fifty milliseconds.
TOLD_WORDS, TOLD_CHARACTERS, TOLD_FROM_CHARACTERS = 5, 40, 500
_AROUND_WORDS = ".,;:!?…\"'()[]{}<>«»“”‘’*_~۔،؛؟。、！？"
_EPOCHS, _RATE = 8, 0.1
_BREATH = 20  # lessons, some four milliseconds
_FITTED_ODDS, _COUNTED_ODDS = 2.0, 0.8  # log odds for each unit of an opinion, from the same trials
_HALF_TRUSTED = 10  # decisions of the rarer kind at which an opinion counts by half

Counts = Mapping[int, tuple[int, int]]  # by bucket: in how many spam comments it stood, in how many fine ones
Weights = Sequence[float]  # by bucket: above 0 for spam


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the filter thinks of a comment; `percent` is None where too little was learnt to say anything.

    `certainty`, of 1,000, says how sure it is that nobody need read it; 0 where too little was learnt to be sure.
    """

    percent: int | None
    certainty: int


NONE = Opinion(None, 0)


def opinion(shown: Sequence[int], counts: Counts, weights: Weights | None) -> Opinion:
    """Return what two opinions make of a comment's buckets; `weights` is None while nothing is fitted."""
    rarer = min(counts.get(EVERY, (0, 0)))
    if rarer < LEAST_OF_EACH:
        return NONE
    if weights is None:
        odds = _COUNTED_ODDS * counted_opinion(shown, counts)
    else:
        odds = _FITTED_ODDS * fitted_opinion(shown, weights)
    odds *= rarer / (rarer + _HALF_TRUSTED)
    percent = min(99, max(1, round(100 / (1 + math.exp(-odds)))))
    return Opinion(percent, 0 if weights is None else certainty(shown, counts, weights))


def certainty(shown: Sequence[int], counts: Counts, weights: Weights) -> int:
    """Return how sure it is, of 1,000, that a comment is spam: by both opinions, its baits, and what stood in one kind only.

    0 where the fitted opinion does not speak for spam: no bait sends away what the newsroom writes itself.
    """
    fitted = fitted_opinion(shown, weights)
    if fitted <= 0 or min(counts.get(EVERY, (0, 0))) < ENOUGH_OF_EACH:
        return 0
    odds = (
        _BASE
        + _FITTED * min(fitted, _CLEAR_FITTED)
        + _COUNTED * min(counted_opinion(shown, counts), _CLEAR_COUNTED)
        + _ONLY_SPAM * _only_spam(shown, counts)
        + _BAIT * STEP * len(BAIT_BUCKETS.intersection(shown))
        - _LENGTH * math.log(len(shown))
    )
    return round(1000 * _share(odds))


def bad_hosts(hosts: Sequence[int], counts: Counts) -> int:
    """Return how many of these buckets of hosts stood in spam BAD_FROM times and never in a fine comment."""
    return sum(counts.get(host, (0, 0))[0] >= BAD_FROM and not counts[host][1] for host in hosts)


def counted_opinion(shown: Sequence[int], counts: Counts) -> float:
    """Return what the counts say, 0 for nothing, above it for spam; what stood in one comment only says nothing."""
    all_spam, all_fine = counts.get(EVERY, (0, 0))
    # Many buckets have the same counts, so what each pair of counts says is reckoned once.
    told: dict[tuple[int, int], float] = {(0, 0): 0.0, (0, 1): 0.0, (1, 0): 0.0}
    odds = 0.0
    for bucket in shown:
        found = counts.get(bucket, (0, 0))
        if found not in told:
            spam, fine = found
            told[found] = math.log((spam + 0.5) / (all_spam + 1)) - math.log((fine + 0.5) / (all_fine + 1))
        odds += told[found]
    return odds / math.sqrt(len(shown) + 1)


def fitted_opinion(shown: Sequence[int], weights: Weights) -> float:
    """Return what the fitted weights say, 0 for nothing, above it for spam."""
    return sum([weights[bucket] for bucket in shown]) / math.sqrt(len(shown) + 1)


def telling_words(text: str, weights: Weights) -> tuple[str, ...]:
    """Return the words that speak most for spam, as they stand in the beginning of a text, strongest first."""
    words = dict.fromkeys(word.strip(_AROUND_WORDS) for word in text[:TOLD_FROM_CHARACTERS].split())
    spoken = {word: sum(weights[bucket] for bucket in features.buckets_of_word(word)) for word in words}
    telling = sorted((word for word in words if spoken[word] >= TELLING), key=lambda word: -spoken[word])
    return tuple(word[:TOLD_CHARACTERS] for word in telling[:TOLD_WORDS])


def fit(
    lessons: Sequence[tuple[Sequence[int], bool]], breathe: Callable[[], object] = lambda: None
) -> Weights:
    """Return weights fitted to lessons: the buckets of a comment, and whether it was spam.

    The same lessons in the same order give the same weights. About 1.5 ms a lesson; `breathe` is called each few
    milliseconds, so that a caller can let others have the interpreter.
    """
    weights, slopes = array("f", bytes(4 * BUCKETS)), [1e-8] * BUCKETS
    for _ in range(_EPOCHS):
        for index, (shown, is_spam) in enumerate(lessons):
            if index % _BREATH == 0:
                breathe()
            scale = 1 / math.sqrt(len(shown) + 1)
            said = scale * sum([weights[bucket] for bucket in shown])
            wrong = (_share(said) - is_spam) * scale
            if abs(wrong) > 1e-4:  # what is known by heart moves nothing and takes most of the time
                for bucket in shown:
                    slopes[bucket] += wrong * wrong
                    weights[bucket] -= _RATE * wrong / math.sqrt(slopes[bucket])
    return weights


def alternating(
    spam: Sequence[Sequence[int]], fine: Sequence[Sequence[int]]
) -> list[tuple[Sequence[int], bool]]:
    """Return both kinds of lesson in one order, each spread evenly over it, whatever the order of decisions was."""
    placed = [
        (index / len(kind), shown, is_spam)
        for kind, is_spam in ((spam, True), (fine, False))
        for index, shown in enumerate(kind)
    ]
    return [(shown, is_spam) for _, shown, is_spam in sorted(placed, key=lambda one: (one[0], one[2]))]


def _only_spam(shown: Sequence[int], counts: Counts) -> float:
    """Return which share of the buckets stood in spam only, less the share that stood in fine comments only."""
    found = [counts[bucket] for bucket in shown if bucket in counts]
    return sum([(not fine) - (not spam) for spam, fine in found if spam or fine]) / len(shown)


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds > -500 else 0.0
