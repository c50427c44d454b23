"""Fitting the filter's second opinion to the newest decisions, off any request's path."""

import time
import zlib
from array import array
from datetime import datetime, timedelta

from sqlmodel import Session

from cms.comments import classifier, features, signals
from cms.comments.actions.learning import learn
from cms.comments.classifier import ENOUGH_OF_EACH, Weights
from cms.comments.queries import learnt
from cms.comments.queries.learnt import Waiting
from cms.comments.rules import Lesson
from cms.comments.signals import HoldCode, Reason
from cms.comments.writes import changing, teaching
from cms.jobs import Job
from cms.moderation.queries.standing import locked_comments
from cms.moderation.writes.log import lock_log
from cms.site import Site
from cms.vault import random_mark

LESSONS_OF_EACH = 2500  # the newest; fitting to 5,000 takes about eight seconds
KEPT_OF_EACH = 5_000  # the newest; with all that they teach half the 10 MB that the filter may take
FORGOTTEN_AT_ONCE = 50  # in a transaction: some 30 ms in which nobody else can write
NEWS_AT_LEAST, NEWS_PERCENT = 10, 2  # lessons that are new, before fitting anew is worth it
BREATH_SECONDS = 0.001  # each 20 lessons: two seconds more for 5,000
SCORED_ANEW = 2000  # held comments, those that have waited longest, since they are looked at next
SCORED_AT_ONCE = 20  # in a transaction: some 40 ms in which nobody else can write


def is_wanted(site: Site, _now: datetime) -> bool:
    """Tell whether enough is new since the filter was last fitted; two SELECTs."""
    with site.database.reading() as session:
        spam, fine = learnt.counts(session, [features.EVERY]).get(features.EVERY, (0, 0))
        fitted = learnt.lessons_fitted(session)
    news = abs(spam + fine - fitted)
    return min(spam, fine) >= ENOUGH_OF_EACH and news >= max(NEWS_AT_LEAST, fitted * NEWS_PERCENT // 100)


def refit(site: Site, now: datetime) -> None:
    """Forget the oldest lessons, fit the weights to the newest, then score anew what waits.

    Comments are scored in steps of SCORED_AT_ONCE; one that is cut off begins anew with the next fitting.
    """
    for kind in Lesson:
        _forget_oldest(site, kind)
    with site.database.reading() as session:
        lessons = learnt.lessons_learnt(session)
        spam, fine = (learnt.newest_lessons(session, kind, LESSONS_OF_EACH) for kind in Lesson)
    weights = classifier.fit(classifier.alternating(spam, fine), breathe=_let_others_work)
    with site.database.writing() as session:
        teaching.keep_weights(session, mark=random_mark(), weights=_packed(weights), lessons=lessons, now=now)
        session.commit()
    for behind in range(0, SCORED_ANEW, SCORED_AT_ONCE):
        with site.database.writing() as session:
            waiting = learnt.waiting(session, behind=behind, size=SCORED_AT_ONCE)
            for comment in waiting:
                _score(session, comment)
            session.commit()
        if len(waiting) < SCORED_AT_ONCE:
            break


def _forget_oldest(site: Site, kind: Lesson) -> None:
    """Take back exactly what lessons older than the newest KEPT_OF_EACH have taught: spam and its words change."""
    while True:
        with site.database.writing() as session:
            oldest = learnt.surplus(session, kind, KEPT_OF_EACH, FORGOTTEN_AT_ONCE)
            comments = locked_comments(session, oldest)
            lock_log(session)
            learn(session, dict.fromkeys(comments))
            session.commit()
        if len(oldest) < FORGOTTEN_AT_ONCE:
            return


def _let_others_work() -> None:
    """Let requests of this process have the interpreter, which is theirs first."""
    time.sleep(BREATH_SECONDS)


def _packed(weights: Weights) -> bytes:
    return zlib.compress(array("f", weights).tobytes(), level=1)


def _score(session: Session, comment: Waiting) -> None:
    """Give a held comment the score that it has by what is known now."""
    shown = features.buckets(comment.name, comment.body_text)
    words = classifier.opinion(shown, *learnt.known(session, shown))
    others = tuple(reason for reason in comment.reasons if reason.code is not HoldCode.WORDS)
    reasons = others if words.percent is None else (*others, Reason(HoldCode.WORDS, words.percent))
    if reasons != comment.reasons:
        points = signals.score(reasons)
        changing.set_words(session, comment.id, words.percent)
        changing.set_score(session, comment.id, score=points, lane=signals.lane(points))


JOB = Job("spam filter", timedelta(minutes=10), refit, is_wanted)
