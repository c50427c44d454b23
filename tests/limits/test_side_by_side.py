"""Comments that are stored together are counted as if one had come after the other, and cost no more for it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

import cms
from cms.comments.signals import Lane
from cms.limits.actions import EVERYWHERE, network_mark, visitor
from cms.limits.queries import counts_within
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import ON_POSTGRESQL, START, Clock, application
from tests.factories import hire, write_article
from tests.serving.test_batches import Counter, post, receipt

TEXT = "The tide comes in twice a day and nobody on the quay minds it much, whatever they say."
HERS, FAR = "192.0.2.9", "198.51.{}.9"
pytestmark = pytest.mark.both_engines


@pytest.fixture(autouse=True)
def article_id(site: Site) -> int:
    """Give the article on which all comment."""
    return write_article(site, "Tide", START)


def codes(app: Flask, site: Site, *who: tuple[str, str]) -> list[int]:
    """Return what is answered to comments that come at one moment, each from a network and by a browser."""
    sent = [
        post(app, "Dan", f"{number}, from {network}.", network=network, browser=browser)
        for number, (network, browser) in enumerate(who)
    ]
    return [answer.code for answer in Counter(app, site).answers(sent)]


def browsers(site: Site, network: str) -> list[str]:
    """Return three browsers that are told apart where they share a network."""
    found: dict[int, str] = {}
    for number in range(1_000):
        name = f"Browser {number}"
        found.setdefault(visitor(site, network, f"{name}\n", is_forwarded=False, now=START).device, name)
    return [*found.values()][:3]


@contextmanager
def round_trips(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Give what happens meanwhile from the first BEGIN of who writes: round trips to PostgreSQL, and commits."""
    from cms.storage.wire import Wire

    seen, make_round_trip = list[str](), Wire._make_round_trip

    def begin(_connection: sa.Connection) -> None:
        seen.append("begin")

    def commit(_connection: sa.Connection) -> None:
        seen.append("commit")

    sa.event.listen(site.database.writer, "begin", begin)
    sa.event.listen(site.database.writer, "commit", commit)
    with monkeypatch.context() as patched:
        patched.setattr(
            Wire, "_make_round_trip", lambda wire: (seen.append("round trip"), make_round_trip(wire))
        )
        yield seen
    sa.event.remove(site.database.writer, "begin", begin)
    sa.event.remove(site.database.writer, "commit", commit)
    del seen[: seen.index("begin")]


@ON_POSTGRESQL
@pytest.mark.parametrize("text", ["Words of {}.", TEXT])
def test_comments_with_limits_and_in_a_fold_are_stored_by_two_round_trips(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    Counter(app, site).answers([post(app, "Ada", TEXT, network=HERS)])  # who writes the day's salt
    sent = [post(app, f"Dan{number}", text.format(number), network=FAR.format(number)) for number in range(8)]
    with round_trips(site, monkeypatch) as seen:
        answers = Counter(app, site).answers(sent)
    assert len({receipt(answer) for answer in answers}) == 8
    assert len({comment.fold_id for comment in stored(site)}) == (1 if text == TEXT else 9)
    assert seen == ["begin", "round trip", "commit", "round trip"]


def test_whoever_is_refused_keeps_her_words_and_takes_nothing_from_who_came_with_her(
    app: Flask, site: Site, article_id: int
) -> None:
    limit = site.settings.comments_per_ten_minutes
    flood = [post(app, "Mallory", f"Buy number {number}.", network=HERS) for number in range(limit + 3)]
    others = [post(app, name, network=FAR.format(number)) for number, name in enumerate(("Ada", "Ben"))]
    answers = Counter(app, site).answers([*flood, *others])
    assert [answer.code for answer in answers] == [303] * limit + [429] * 3 + [303] * 2
    for number in range(limit, limit + 3):
        assert int(dict(answers[number].headers)["Retry-After"]) > 0
        assert f"Buy number {number}." in answers[number].body.decode()
    keys = [f"comment:{network_mark(site, HERS, START)}", f"article:{article_id}", EVERYWHERE]
    with site.database.reading() as session:
        counts = counts_within(session, keys, now=START)
    assert [counts.tally(key).count for key in keys] == [limit, limit + 2, limit + 2]


def test_kinds_of_device_that_come_together_make_a_network_one_that_people_share(
    site: Site, clock: Clock
) -> None:
    site = site.but(comments_per_ten_minutes=2)
    app, (one, two, three) = application(site, clock), browsers(site, HERS)
    assert codes(app, site, (HERS, one), (HERS, two), (HERS, three), (HERS, one)) == [303] * 4
    alone = FAR.format(1)
    assert codes(app, site, (alone, one), (alone, one), (alone, one)) == [303, 303, 429]


def test_an_article_becomes_slow_by_those_who_come_together(site: Site, clock: Clock) -> None:
    site = site.but(article_comments_per_ten_minutes=3, comments_per_ten_minutes=10)
    crowd = [(FAR.format(number), "A browser") for number in range(3)]
    assert codes(application(site, clock), site, *crowd, *[(HERS, "A browser")] * 3) == [303] * 5 + [429]


def test_two_who_each_store_many_at_one_moment_do_not_pass_the_limit_together(
    app: Flask, site: Site, clock: Clock
) -> None:
    limit = site.settings.comments_per_ten_minutes
    other = cms.open_site(site.settings)
    ours, theirs = (
        [post(app, name, f"Buy number {number}.", network=HERS) for number in range(limit)]
        for name in ("Mallory", "Mel")
    )
    with ThreadPoolExecutor(2) as people:
        waiting = people.submit(Counter(application(other, clock), other).answers, theirs)
        answers = [*Counter(app, site).answers(ours), *waiting.result()]
    other.database.close()
    taken = [answer.code for answer in answers]
    assert (taken.count(303), taken.count(429)) == (limit, limit)
    assert len(stored(site)) == limit


@pytest.mark.parametrize("first_waits", [True, False])
def test_a_fold_waits_where_the_worst_of_those_who_join_it_together_would(
    app: Flask, site: Site, first_waits: bool
) -> None:
    Counter(app, site).answers([post(app, "Ada", TEXT)])
    before = stored(site)[0]
    if not first_waits:
        decide(site, hire(site, "Cleo", START), [before.fold_id], Verdict.APPROVE, "", 1, START)
    sent = [post(app, "Ben", TEXT), post(app, "Mallory", TEXT, website="mallory"), post(app, "Cleo", TEXT)]
    Counter(app, site).answers(sent)
    first, *others = stored(site)
    assert {comment.fold_id for comment in others} == {first.fold_id}
    assert {comment.lane for comment in others} == {Lane.LIKELY_SPAM}
    assert first.lane is (Lane.LIKELY_SPAM if first_waits else before.lane)
    assert before.lane is not Lane.LIKELY_SPAM
