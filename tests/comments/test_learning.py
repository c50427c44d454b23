"""What the filter of spam learns from decisions, and how exactly it forgets."""

import random
import threading
from collections.abc import Sequence

import pytest
from sqlmodel import Session, col, select

from cms.comments import classifier, features
from cms.comments.actions import fitting
from cms.comments.actions.fitting import is_wanted, refit
from cms.comments.actions.learning import learn
from cms.comments.models import Comment, HoldReason, SpamLesson, SpamModel, SpamWord
from cms.comments.queries import learnt
from cms.comments.rules import CommentStatus, Lesson
from cms.comments.signals import HoldCode, Lane
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article

LATEST = 2**31 - 1
FINE_WORDS = (
    "tram council rain street school budget bridge harbour mayor teacher river market winter vote".split()
)
SPAM_WORDS = (
    "casino bonus winner loan pills crypto jackpot cheap offer subscribe channel bitcoin prize vip".split()
)


@pytest.fixture
def article(site: Site) -> int:
    """Give an article that takes comments."""
    return write_article(site, "The last tram", START)


@pytest.fixture
def cleo(site: Site) -> int:
    """Give a moderator."""
    return hire(site, "Cleo", START)


def counts(site: Site) -> dict[int, tuple[int, int]]:
    """Return what the filter has counted, without what counts nothing."""
    with site.database.reading() as session:
        rows = session.exec(select(SpamWord.bucket, SpamWord.spam, SpamWord.fine)).all()
    return {bucket: (spam, fine) for bucket, spam, fine in rows if spam or fine}


def lessons(site: Site) -> dict[int, Lesson]:
    """Return what each comment has taught."""
    with site.database.reading() as session:
        return dict(session.exec(select(SpamLesson.comment_id, SpamLesson.lesson)).all())


def decided(site: Site, staff_id: int, comment_id: int, verdict: Verdict, reason: str = "") -> int:
    """Decide about one comment; return the entry of the log."""
    outcome = decide(site, staff_id, [comment_id], verdict, reason, LATEST, START)
    assert isinstance(outcome, Outcome)
    (entry,) = outcome.decided
    return entry


def sentence(chance: random.Random, words: Sequence[str]) -> str:
    """Return a text of some of these words."""
    return " ".join(chance.choices(words, k=9)).capitalize() + "."


def teach_much(site: Site, number: int) -> None:
    """Let as many comments of each kind teach; they are stored as by an import, without decisions."""
    chance = random.Random(1)
    wanted: dict[int, Lesson | None] = {}
    with site.database.writing() as session:
        article_id = session.exec(select(Comment.article_id)).first()
        for place in range(2 * number):
            words, lesson = ((SPAM_WORDS, Lesson.SPAM), (FINE_WORDS, Lesson.FINE))[place % 2]
            comment = Comment(
                mark=f"{place:032x}",
                article_id=article_id or 1,
                name="Dan",
                body_text=sentence(chance, words),
                body_html="",
                status=CommentStatus.APPROVED,
                created_at=START,
                receipt_hash=f"{place:064x}",
            )
            session.add(comment)
            session.flush()
            wanted[comment.id or 0] = lesson
        learn(session, wanted)
        session.commit()


@pytest.mark.parametrize(
    ("verdict", "reason", "taught"),
    [
        (Verdict.SPAM, "", Lesson.SPAM),
        (Verdict.APPROVE, "", Lesson.FINE),
        (Verdict.REJECT, "advert", Lesson.SPAM),
        (Verdict.REJECT, "rude", None),
        (Verdict.REJECT, "", None),
    ],
)
@ON_SQLITE
def test_spam_and_adverts_teach_spam_approval_teaches_fine_and_manners_teach_nothing(
    site: Site, article: int, cleo: int, verdict: Verdict, reason: str, taught: Lesson | None
) -> None:
    comment = send_comment(site, article, START)
    decided(site, cleo, comment, verdict, reason)
    assert lessons(site).get(comment) is taught
    assert bool(counts(site)) is (taught is not None)


@pytest.mark.both_engines
def test_whatever_is_decided_and_undone_leaves_the_counts_exactly_as_they_were(
    site: Site, article: int, cleo: int
) -> None:
    one = send_comment(
        site, article, START, text="Win big at http://casino.example today", email="m@a.example"
    )
    two = send_comment(site, article, START, text="The tram was late, as ever in the rain.")
    decided(site, cleo, two, Verdict.APPROVE)
    before = counts(site)
    called_spam = decided(site, cleo, one, Verdict.SPAM)
    undo(site, cleo, [called_spam], START)
    assert counts(site) == before
    decided(site, cleo, one, Verdict.SPAM)
    as_spam = counts(site)
    approved = decided(site, cleo, one, Verdict.APPROVE)
    assert counts(site)[features.EVERY] == (0, 2)
    undo(site, cleo, [approved], START)
    assert counts(site) == as_spam
    decided(site, cleo, one, Verdict.HOLD)
    assert counts(site) == before
    decided(site, cleo, two, Verdict.HOLD)
    assert counts(site) == {} == lessons(site)


@ON_SQLITE
def test_a_lesson_is_taken_back_exactly_though_the_text_is_gone(site: Site, article: int, cleo: int) -> None:
    comment = send_comment(site, article, START)
    entry = decided(site, cleo, comment, Verdict.SPAM)
    with site.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE comment SET body_text = '', body_html = ''")
        session.commit()
    undo(site, cleo, [entry], START)
    assert counts(site) == {}
    decided(site, cleo, comment, Verdict.SPAM)
    assert counts(site) == {}, "what is gone teaches nothing"


@ON_SQLITE
def test_copies_of_a_text_teach_once(site: Site, article: int, cleo: int) -> None:
    text = "Earn three thousand dollars a month from home with this wonderful method, my friends."
    copies = [send_comment(site, article, START, text=text, email=f"m{n}@a.example") for n in range(3)]
    for comment in copies:
        decided(site, cleo, comment, Verdict.SPAM)
    assert counts(site)[features.EVERY] == (1, 0)
    last = send_comment(site, article, START, text=text, email="last@a.example")
    assert {comment.id: comment.lane for comment in stored(site)}[last] is Lane.LIKELY_SPAM


@pytest.mark.both_engines
def test_moderators_side_by_side_lose_no_lesson(site: Site, article: int, cleo: int) -> None:
    chance = random.Random(3)
    texts = [sentence(chance, SPAM_WORDS + FINE_WORDS) for _ in range(12)]
    sent = [
        send_comment(site, article, START, text=text, email=f"m{n}@a.example") for n, text in enumerate(texts)
    ]
    verdicts = [Verdict.SPAM if n % 2 else Verdict.APPROVE for n in range(12)]
    threads = [
        threading.Thread(target=decided, args=(site, cleo, comment, verdict))
        for comment, verdict in zip(sent, verdicts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected: dict[int, tuple[int, int]] = {}
    for text, verdict in zip(texts, verdicts, strict=True):
        for bucket in features.buckets("Dan", text):
            spam, fine = expected.get(bucket, (0, 0))
            expected[bucket] = (spam + (verdict is Verdict.SPAM), fine + (verdict is Verdict.APPROVE))
    assert counts(site) == expected


@pytest.mark.both_engines
def test_what_was_learnt_is_fitted_and_scores_what_waits(site: Site, article: int) -> None:
    teach_much(site, 25)
    chance = random.Random(9)
    spam = send_comment(site, article, START, text=sentence(chance, SPAM_WORDS), email="m@a.example")
    fine = send_comment(site, article, START, text=sentence(chance, FINE_WORDS))
    assert is_wanted(site, START)
    refit(site, START)
    assert not is_wanted(site, START)
    by_id = {comment.id: comment for comment in stored(site)}
    assert (by_id[spam].lane, by_id[fine].lane) == (Lane.LIKELY_SPAM, Lane.LIKELY_FINE)
    with site.database.reading() as session:
        assert _words(session, spam) > 90 > 10 > _words(session, fine)
        shown = features.buckets("Dan", by_id[spam].body_text)
        opinion = classifier.opinion(shown, learnt.counts(session, shown), learnt.weights(session))
        assert opinion.certainty >= site.settings.spam_threshold
        assert len(session.exec(select(SpamModel.weights)).one()) < 1_000_000


def _words(session: Session, comment_id: int) -> int:
    chosen = select(HoldReason.measure).where(
        col(HoldReason.comment_id) == comment_id, col(HoldReason.code) == HoldCode.WORDS
    )
    return session.exec(chosen).one()


@pytest.mark.both_engines
def test_the_oldest_lessons_are_forgotten_exactly(
    site: Site, article: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach_much(site, 30)
    monkeypatch.setattr(fitting, "KEPT_OF_EACH", 20)
    monkeypatch.setattr(fitting, "FORGOTTEN_AT_ONCE", 7)
    before = lessons(site)
    fitting.refit(site, START)
    kept = lessons(site)
    for kind in Lesson:
        of_kind = sorted(one for one in before if before[one] is kind)
        assert sorted(one for one in kept if kept[one] is kind) == of_kind[-20:]
    with site.database.writing() as session:
        learn(session, dict.fromkeys(kept))
        session.commit()
    assert counts(site) == {}
