"""What a newsroom's policies say, and which of them a comment meets."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cms.comments.habits import hosts
from cms.comments.rules import CommentStatus
from cms.moderation.phrases import WordIndex, hosts_of, listed_hosts, listed_words, words_of
from cms.text.numbers import number_or_0

IN_FORCE_MAX = 1000  # policies that are switched on
COPIES_LAST = timedelta(days=1)


class PolicyKind(StrEnum):
    """What a policy looks at."""

    COMMENTER = "commenter"
    WORDS = "words"
    HOSTS = "hosts"
    ARTICLE = "article"
    SECTION = "section"
    SCORE = "score"
    COPIES = "copies"  # of a text, made by a decision about its near-copies


class Effect(StrEnum):
    """What a policy does with a comment that it meets; none publishes one that nobody has read."""

    HOLD = "hold"
    SPAM = "spam"
    REJECT = "reject"
    CLOSE = "close"  # the place takes no comments


class Which(StrEnum):
    """Which comments of a place a policy is about."""

    ALL = "all"
    FIRST = "first"  # of writers of whom readers see nothing yet
    LINKS = "links"


EFFECTS_OF: dict[PolicyKind, tuple[Effect, ...]] = {
    PolicyKind.COMMENTER: (Effect.HOLD, Effect.SPAM),
    PolicyKind.WORDS: (Effect.HOLD, Effect.SPAM, Effect.REJECT),
    PolicyKind.HOSTS: (Effect.HOLD, Effect.SPAM, Effect.REJECT),
    PolicyKind.ARTICLE: (Effect.HOLD, Effect.CLOSE),
    PolicyKind.SECTION: (Effect.HOLD, Effect.CLOSE),
    PolicyKind.SCORE: (Effect.HOLD, Effect.SPAM),
    PolicyKind.COPIES: (Effect.SPAM, Effect.REJECT),
}
STATUS_BY = {
    Effect.HOLD: CommentStatus.HELD,
    Effect.SPAM: CommentStatus.SPAM,
    Effect.REJECT: CommentStatus.REJECTED,
}
_STRICTEST_FIRST = (Effect.SPAM, Effect.REJECT, Effect.HOLD)
_NAME = "policy "


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy says; which fields count follows from its kind.

    `lines` are words or hosts; `email_fingerprint` is the commenter's; `comment_id` the comment by which she or the text
    was chosen; `reason` goes with a rejection; `batch_id` is the decision about many that it goes on with.
    """

    kind: PolicyKind
    effect: Effect
    which: Which = Which.ALL
    lines: str = ""
    article_id: int | None = None
    section_id: int | None = None
    comment_id: int | None = None
    score_from: int = 0
    reason: str = ""
    ends_at: datetime | None = None
    batch_id: int | None = None
    email_fingerprint: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as policies look at it; `fold_id` is that of the near-copies that came before it, None for none."""

    article_id: int
    name: str
    body_text: str = field(repr=False)
    email_fingerprint: str | None = field(repr=False)
    score: int
    fold_id: int | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What policies about places ask for beside a comment, looked up only where one does."""

    section_id: Callable[[], int | None]
    is_first: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class PolicyRuling:
    """What a policy says of a comment."""

    policy_id: int
    effect: Effect
    reason: str
    batch_id: int | None = None

    @property
    def acts(self) -> bool:
        """Whether it decides, rather than leaves the comment to a person."""
        return self.effect is not Effect.HOLD


class InForce:
    """The policies that are switched on, arranged so that a comment is looked up and not compared with each."""

    def __init__(self, policies: Iterable[tuple[int, Terms]]) -> None:
        self._terms = {number: terms for number, terms in policies if terms.effect is not Effect.CLOSE}
        self._words = WordIndex(
            (number, listed_words(terms.lines)) for number, terms in self._of(PolicyKind.WORDS)
        )
        self._hosts = self._by(PolicyKind.HOSTS, lambda terms: listed_hosts(terms.lines))
        self._commenters = self._by(PolicyKind.COMMENTER, lambda terms: (terms.email_fingerprint,))
        self._articles = self._by(PolicyKind.ARTICLE, lambda terms: (terms.article_id,))
        self._sections = self._by(PolicyKind.SECTION, lambda terms: (terms.section_id,))
        self._copies = self._by(PolicyKind.COPIES, lambda terms: (terms.comment_id,))
        self._scores = [(number, terms.score_from) for number, terms in self._of(PolicyKind.SCORE)]

    def rulings(self, said: Said, beside: Beside, now: datetime) -> list[PolicyRuling]:
        """Return what policies say of a comment, the strictest first, the oldest first among equals."""
        found = {number for number in self._met(said, beside) if _lasts(self._terms[number].ends_at, now)}
        ranked = sorted(found, key=lambda one: (_STRICTEST_FIRST.index(self._terms[one].effect), one))
        return [self._ruling(one) for one in ranked]

    def _ruling(self, number: int) -> PolicyRuling:
        terms = self._terms[number]
        return PolicyRuling(number, terms.effect, terms.reason, terms.batch_id)

    def _met(self, said: Said, beside: Beside) -> Iterator[int]:
        if said.email_fingerprint:
            yield from self._commenters.get(said.email_fingerprint, ())
        if said.fold_id:
            yield from self._copies.get(said.fold_id, ())
        yield from (number for number, score_from in self._scores if said.score >= score_from)
        if self._words:
            yield from self._words.found_in(words_of(said.name, said.body_text))
        if self._hosts:
            for host in set(hosts_of(said.name, said.body_text)):
                yield from self._hosts.get(host, ())
        places = list(self._articles.get(said.article_id, ()))
        if self._sections:
            places += self._sections.get(beside.section_id(), ())
        yield from (number for number in places if self._is_about(self._terms[number].which, said, beside))

    def _is_about(self, which: Which, said: Said, beside: Beside) -> bool:
        if which is Which.LINKS:
            return bool(hosts(said.body_text) or hosts(said.name))
        return which is Which.ALL or beside.is_first()

    def _of(self, kind: PolicyKind) -> list[tuple[int, Terms]]:
        return [(number, terms) for number, terms in self._terms.items() if terms.kind is kind]

    def _by(self, kind: PolicyKind, keys: Callable[[Terms], Iterable[object]]) -> dict[object, list[int]]:
        found: dict[object, list[int]] = {}
        for number, terms in self._of(kind):
            for key in keys(terms):
                found.setdefault(key, []).append(number)
        return found


def policy_name(policy_id: int) -> str:
    """Return the name by which the log knows a policy."""
    return f"{_NAME}{policy_id}"


def policy_of(name: str) -> int:
    """Return the number of the policy that the log names, 0 where it names none of the newsroom's."""
    return number_or_0(name.removeprefix(_NAME)) if name.startswith(_NAME) else 0


def _lasts(ends_at: datetime | None, now: datetime) -> bool:
    return ends_at is None or now < ends_at
