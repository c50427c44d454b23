"""Which articles are kin: what two of them share, weighed by how rare it is."""

import heapq
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cms.articles.folding import words

KEPT = 6  # kin kept of each article; four are shown, two stand in for those that are withdrawn
CANDIDATES = 100  # articles looked at for each one, those that share its rarest traits first
WORD_WEIGHT = 0.5  # a word of a title says less than a tag that somebody chose
SECTION_FACTOR = 1.25  # the same section makes kin closer, but nobody kin: else the newest of it would be
LEAST_SHARED = 0.1  # less is a tag that nearly every article has
HALF_LIFE_DAYS = 730  # between two articles; news ages, but a good one of last year is still worth reading
DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Moments are counted in microseconds: as exact as datetimes, and faster to subtract.
_MICROSECOND = timedelta(microseconds=1)
_DAY = DAY // _MICROSECOND
LEAST_RECENCY = 0.25  # what is left of the score at any distance
STOP_WORDS = frozenset(
    words(
        "a about after all an and are as at be been before but by can do does for from had has have he "
        "her his how i if in into is it its just like more most my new no not now of off on one or our "
        "out over she so some than that the their them then there these they this to too up us was we "
        "were what when where which who why will with would you your اور کا کی کے کو میں سے نے پر یہ وہ "
        "ہے ہیں تھا تھی تھے ہو گا گے گی تک بھی ایک جو کہ نہیں کیا کیوں کیسے اب پھر ہی اس ان من في على إلى "
        "عن ما لا هذا هذه ذلك التي الذي مع كان كانت هو هي أن إن أو ثم قد كل بعد قبل بين لم لن كيف "
    )
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What of an article makes it kin to others; `traits` are its tags (ids) with the words of its title."""

    id: int
    section_id: int | None
    publish_at: datetime
    traits: frozenset[int | str]


@dataclass(frozen=True, slots=True)
class Kinship:
    """Another article, as close as `score` says."""

    id: int
    score: float


def title_words(title: str) -> frozenset[str]:
    """Return the folded words of a title that say what it is about."""
    return frozenset(word for word in words(title) if len(word) > 1) - STOP_WORDS


def rarity(holders: int, articles: int) -> float:
    """Return how much it says that two articles share what `holders` of all `articles` have; 0 or more."""
    return math.log((max(articles, holders) + 1) / max(1, holders))


def kin(article: Subject, others: Iterable[Subject], rarities: Mapping[int | str, float]) -> list[Kinship]:
    """Return the KEPT of `others` that are closest to `article`, closest first; none that share nothing."""
    return _closest((score(article, other, rarities), other.id) for other in others if other.id != article.id)


def score(one: Subject, other: Subject, rarities: Mapping[int | str, float]) -> float:
    """Return how close two articles are, the same from both sides; 0 for nothing in common."""
    shared = sum(_weight(trait, rarities) for trait in one.traits & other.traits)
    return _score(one, other, shared, abs((one.publish_at - other.publish_at) / DAY))


def _score(one: Subject, other: Subject, shared: float, days: float) -> float:
    """Return the score of two articles, `days` apart, from the weight of all traits that they share."""
    if shared < LEAST_SHARED:
        return 0.0
    if one.section_id is not None and one.section_id == other.section_id:
        shared *= SECTION_FACTOR
    return shared * max(LEAST_RECENCY, math.exp2(-days / HALF_LIFE_DAYS))


def kin_of_many(subjects: Sequence[Subject], wanted: Collection[int]) -> dict[int, list[Kinship]]:
    """Return the kin of each of the `wanted` articles among all `subjects`.

    Takes time in proportion to wanted × CANDIDATES: of a common trait only the nearest in time count.
    """
    in_order = sorted(subjects, key=lambda subject: (subject.publish_at, subject.id))
    holders: dict[int | str, list[int]] = defaultdict(list)
    for index, subject in enumerate(in_order):
        for trait in subject.traits:
            holders[trait].append(index)
    rarities = {trait: rarity(len(indexes), len(in_order)) for trait, indexes in holders.items()}
    chosen = set(wanted)
    moments = [(subject.publish_at - _EPOCH) // _MICROSECOND for subject in in_order]
    found: dict[int, list[Kinship]] = {}
    for index, subject in enumerate(in_order):
        if subject.id in chosen:
            near = _near(index, subject, holders, rarities) - {index}
            scored = [
                (_score(subject, in_order[other], shared, abs(moments[index] - moments[other]) / _DAY), other)
                for other, shared in _shared(subject, near, in_order, holders, rarities).items()
            ]
            found[subject.id] = _closest([(close, in_order[other].id) for close, other in scored])
    return found


def _shared(
    subject: Subject,
    near: Collection[int],
    in_order: Sequence[Subject],
    holders: Mapping[int | str, list[int]],
    rarities: Mapping[int | str, float],
) -> dict[int, float]:
    """Return the weight of what an article shares with each of those at the indexes `near`.

    It goes through traits rather than pairs of articles, since most traits have few holders: that halved the time (measured).
    """
    shared = dict.fromkeys(near, 0.0)
    for trait in subject.traits:
        indexes = holders[trait]
        if len(indexes) > len(near):
            indexes = [other for other in near if trait in in_order[other].traits]
        weight = _weight(trait, rarities)
        for other in indexes:
            if other in shared:
                shared[other] += weight
    return shared


def _weight(trait: int | str, rarities: Mapping[int | str, float]) -> float:
    return rarities.get(trait, 0.0) * (WORD_WEIGHT if isinstance(trait, str) else 1.0)


def _closest(scored: Iterable[tuple[float, int]]) -> list[Kinship]:
    best = heapq.nlargest(KEPT, [found for found in scored if found[0] > 0])
    return [Kinship(other_id, close) for close, other_id in best]


def _near(
    index: int, subject: Subject, holders: Mapping[int | str, list[int]], rarities: Mapping[int | str, float]
) -> set[int]:
    found: set[int] = set()
    for trait in sorted(subject.traits, key=lambda trait: (-rarities[trait], str(trait))):
        if len(found) >= CANDIDATES:
            break
        indexes = holders[trait]
        here = bisect_left(indexes, index)
        found.update(indexes[max(0, here - CANDIDATES // 2) : here + CANDIDATES // 2])
    return found
