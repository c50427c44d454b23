"""Judging a comment by its signals and by what stands around it, when it comes in and when it is edited."""

from dataclasses import dataclass
from functools import lru_cache, partial

from sqlmodel import Session

from cms.comments import classifier, features, habits, likeness, signals
from cms.comments.classifier import Opinion
from cms.comments.habits import Habits
from cms.comments.judged import JudgedComment
from cms.comments.lookalikes import skeleton
from cms.comments.queries import learnt
from cms.comments.queries.surroundings import Copies, Surroundings, surroundings_of
from cms.comments.signals import Lane, Reason, Traits
from cms.moderation.campaigns import facts_digest

NO_COPIES = Copies(0, 0)
# Of the names of the staff and of an article's authors: two hundred names take as long as all the rest together.
SKELETONS_KEPT = 128


@dataclass(frozen=True, slots=True)
class Assessment:
    """The judgement on a comment: the signals that were seen, strongest first, its score and its lane.

    `certainty`, of 1,000, says how sure the filter is, by the words alone, that nobody need read it.
    """

    reasons: tuple[Reason, ...]
    score: int
    lane: Lane
    certainty: int

    def is_spam(self, threshold: int) -> bool:
        """Tell whether it may go to the spam folder unread: by its words, or by the other signals."""
        return max(self.certainty, signals.score_without_words(self.reasons)) >= threshold


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a comment and around it; `assessment()` judges it once the limits have counted.

    `traits` lacks only these counts. `likeness` is the fingerprint of the text, `facts` a digest of the facts that it
    states. `folds` are the folds of near-copies that may state the same facts.
    """

    traits: partial[Traits]
    likeness: int
    facts: int
    certainty: int
    folds: frozenset[int]

    def assessment(
        self, *, from_network: int = 0, on_article: int = 0, lacks_proof: bool = False
    ) -> Assessment:
        """Return the judgement.

        `from_network` is the number of comments from its network in ten minutes, this one included. `on_article` is the
        number of those on its article while that is in slow mode. 0 means that nothing was counted.
        """
        traits = self.traits(from_network=from_network, on_article=on_article, lacks_proof=lacks_proof)
        reasons = signals.judge(traits)
        points = signals.score(reasons)
        return Assessment(reasons, points, signals.lane(points), self.certainty)


def findings_on(session: Session, comment: JudgedComment) -> Findings:
    """Return everything that a comment is judged by, except what the limits count.

    One SELECT, and a second one if the filter has learnt anything.
    """
    letters = likeness.normalised(comment.body_text)
    fingerprint = likeness.likeness_of(letters)
    measured = habits.measured(comment.name, comment.body_text)
    facts = facts_digest(comment.body_text)
    around = surroundings_of(session, comment, fingerprint, facts)
    words, bad_hosts = _words(session, comment, measured) if around.has_lessons else (classifier.NONE, 0)
    copies = around.copies if likeness.is_telling(letters) else NO_COPIES
    traits = _traits(comment, measured, around, copies, words, bad_hosts)
    return Findings(traits, fingerprint, facts, words.certainty, around.copies.folds)


def _words(session: Session, comment: JudgedComment, measured: Habits) -> tuple[Opinion, int]:
    """Return what the filter thinks of a comment, and how many hosts it names that stood in spam only."""
    shown = features.buckets(comment.name, comment.body_text, measured)
    hosts = features.host_buckets(measured.hosts)
    counts, weights = learnt.known(session, sorted({*shown, *hosts}))
    return classifier.opinion(shown, counts, weights), classifier.bad_hosts(hosts, counts)


@lru_cache(SKELETONS_KEPT)
def _skeletons(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(skeleton, names))


def _traits(
    comment: JudgedComment,
    measured: Habits,
    around: Surroundings,
    copies: Copies,
    words: Opinion,
    bad_hosts: int,
) -> partial[Traits]:
    name = skeleton(comment.name)
    return partial(
        Traits,
        habits=measured,
        trap_filled=comment.trap_filled,
        origin_known=comment.origin_known,
        own_address_in_text=comment.own_address_in_text,
        haste_seconds=comment.haste_seconds,
        copies=copies.all,
        spam_copies=copies.spam,
        copied_parent_percent=likeness.copied_percent(comment.body_text, around.parent_text),
        foreign_percent=habits.foreign_percent(comment.body_text, comment.language),
        is_staff_name=name in _skeletons(around.staff),
        is_thread_name=name in map(skeleton, around.thread),
        bad_hosts=bad_hosts,
        words_percent=words.percent,
    )
