"""Judging a comment by its signals and by what stands around it, when it comes in and when it is edited."""

from dataclasses import dataclass, field
from functools import lru_cache, partial

from sqlmodel import Session

from cms.comments import classifier, features, habits, likeness, signals
from cms.comments.classifier import Opinion
from cms.comments.habits import Habits
from cms.comments.lookalikes import skeleton
from cms.comments.queries import learnt, surroundings
from cms.comments.queries.surroundings import Around, Copies
from cms.comments.signals import Lane, Reason, Traits
from cms.moderation.campaigns import facts_digest

NO_COPIES = Copies(0, 0)
# Names of the staff and of an article's authors; two hundred take as long as all else together.
STAFFS_KEPT = 128


@dataclass(frozen=True, slots=True)
class Subject:
    """A comment to be judged; `comment_id` is 0 for one that is not stored yet, `language` the article's.

    `haste_seconds` is None where nobody could measure it.
    """

    article_id: int
    parent_id: int | None
    root_id: int | None
    language: str
    name: str
    body_text: str = field(repr=False)
    email_fingerprint: str = field(repr=False)
    comment_id: int = 0
    own_address_in_text: bool = False
    trap_filled: bool = False
    origin_known: bool = True
    haste_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found about a comment: signals, strongest first, its score, its lane and its text's fingerprint.

    `certainty`, of 1,000, says how sure its words alone make it that nobody need read it.
    """

    reasons: tuple[Reason, ...]
    score: int
    lane: Lane
    likeness: int
    certainty: int

    def is_spam(self, threshold: int) -> bool:
        """Tell whether it may go to the spam folder unread: its words, or the other signals, reach `threshold`."""
        return max(self.certainty, signals.score_without_words(self.reasons)) >= threshold


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a comment and around it. `weighed()` judges it, once it is known what the limits counted.

    `traits` lacks only these counts. `facts` is a digest of the facts that the text states, `folds` are those of
    near-copies that may state the same facts.
    """

    traits: partial[Traits]
    likeness: int
    facts: int
    certainty: int
    folds: frozenset[int]

    def weighed(self, *, from_network: int = 0, on_article: int = 0, lacks_proof: bool = False) -> Assessment:
        """Return the judgement.

        `from_network` counts the comments of its network in ten minutes, this one included; `on_article` those on its
        article while that is in slow mode. 0 means that nothing was counted.
        """
        traits = self.traits(from_network=from_network, on_article=on_article, lacks_proof=lacks_proof)
        reasons = signals.judge(traits)
        points = signals.score(reasons)
        return Assessment(reasons, points, signals.lane(points), self.likeness, self.certainty)


def assess(session: Session, subject: Subject) -> Assessment:
    """Judge a comment by its words and what stands around it. It changes nothing, and asks what `look_into()` asks."""
    return look_into(session, subject).weighed()


def look_into(session: Session, subject: Subject) -> Findings:
    """Find out everything that a comment is judged by, except what the limits count. It changes nothing.

    One SELECT, and a second one if the filter has learnt anything.
    """
    letters = likeness.normalised(subject.body_text)
    fingerprint = likeness.likeness_of(letters)
    measured = habits.measured(subject.name, subject.body_text)
    facts = facts_digest(subject.body_text)
    around = _around(session, subject, fingerprint, facts)
    words, bad_hosts = _words(session, subject, measured) if around.has_lessons else (classifier.NONE, 0)
    copies = around.copies if likeness.is_telling(letters) else NO_COPIES
    traits = _traits(subject, measured, around, copies, words, bad_hosts)
    return Findings(traits, fingerprint, facts, words.certainty, around.copies.folds)


def _words(session: Session, subject: Subject, measured: Habits) -> tuple[Opinion, int]:
    """Return what the filter thinks of a comment, and how many hosts it names that stood in spam only."""
    shown = features.buckets(subject.name, subject.body_text, measured)
    hosts = features.host_buckets(measured.hosts)
    counts, weights = learnt.known(session, sorted({*shown, *hosts}))
    return classifier.opinion(shown, counts, weights), classifier.bad_hosts(hosts, counts)


def _around(session: Session, subject: Subject, fingerprint: int, facts: int) -> Around:
    return surroundings.around(
        session,
        article_id=subject.article_id,
        root_id=subject.root_id,
        parent_id=subject.parent_id,
        email_fingerprint=subject.email_fingerprint,
        own_id=subject.comment_id,
        likeness=fingerprint,
        facts=facts,
    )


@lru_cache(STAFFS_KEPT)
def _skeletons(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(skeleton, names))


def _traits(
    subject: Subject, measured: Habits, around: Around, copies: Copies, words: Opinion, bad_hosts: int
) -> partial[Traits]:
    name = skeleton(subject.name)
    return partial(
        Traits,
        habits=measured,
        trap_filled=subject.trap_filled,
        origin_known=subject.origin_known,
        own_address_in_text=subject.own_address_in_text,
        haste_seconds=subject.haste_seconds,
        copies=copies.all,
        spam_copies=copies.spam,
        copied_parent_percent=likeness.copied_percent(subject.body_text, around.parent_text),
        foreign_percent=habits.foreign_percent(subject.body_text, subject.language),
        is_staff_name=name in _skeletons(around.staff),
        is_thread_name=name in map(skeleton, around.thread),
        bad_hosts=bad_hosts,
        words_percent=words.percent,
    )
