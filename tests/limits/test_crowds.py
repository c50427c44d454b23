"""One busy visitor, a network that thousands share, an article that boils, a proxy that nobody declared."""

import logging
from dataclasses import replace

import pytest

from cms.limits.actions import visitor
from cms.limits.queries import proxy_is_missing
from cms.limits.rules import Ruling, Seen, Tally, Visitor, ruling
from cms.site import Site
from tests.articles.paper import counted
from tests.comments.stored import held_because, stored
from tests.conftest import ON_SQLITE, START, Clock, application
from tests.factories import hire, write_article
from tests.reader import Moderator, Page, Reader

CAT = "/articles/cat"
BROWSER = "A browser"
SOMEBODY = Visitor("m" * 64)
QUIET = Seen(Tally(), Tally(), Tally(), devices=1, visitor=SOMEBODY)
REFUSED = Ruling(retry_after_seconds=301)  # in the middle of a window, all of it counted in that one
NEAR, BEHIND = replace(SOMEBODY, is_near=True), replace(SOMEBODY, is_near=True, is_forwarded=True)


def seen(
    network: int, article: int = 0, everywhere: int = 0, devices: int = 1, who: Visitor = SOMEBODY
) -> Seen:
    """Return what a comment meets in the middle of things: all in the present window, which is half over."""
    counts = [Tally(0, number, 0.5) for number in (network, article, max(network, article, everywhere))]
    return Seen(*counts, devices=devices, visitor=who)


@pytest.mark.parametrize(
    ("case", "found", "expected"),
    [
        ("the first comment of the day", QUIET, Ruling(0, 1)),
        ("the tenth of one visitor", seen(9), Ruling(0, 10)),
        ("the eleventh of one visitor", seen(10), REFUSED),
        ("the eleventh of two devices", seen(10, devices=2), REFUSED),
        ("the eleventh at home, on a quiet machine", seen(10, who=NEAR), REFUSED),
        ("a carrier's eleventh", seen(10, everywhere=50, devices=3), Ruling(0, 11)),
        ("a carrier's hundredth", seen(99, everywhere=500, devices=16), Ruling(0, 100)),
        ("a carrier's hundred-and-first", seen(100, everywhere=500, devices=16), REFUSED),
        ("an article that does not boil yet", seen(1, article=59), Ruling(0, 2)),
        ("an article that boils", seen(1, article=60), Ruling(0, 2, 60)),
        ("the third of one visitor on one that boils", seen(2, article=60), REFUSED),
        ("a carrier's third there", seen(2, article=60, devices=3), Ruling(0, 3, 60)),
        ("a carrier's twenty-first there", seen(20, article=60, devices=3), REFUSED),
        ("nobody's address", seen(500, who=Visitor()), Ruling()),
        ("nobody's address where it boils", seen(500, article=70, who=Visitor()), Ruling(0, 0, 70)),
        ("a proxy that says so", seen(500, who=BEHIND), Ruling(is_behind_proxy=True)),
        ("its first comment", seen(0, who=BEHIND), Ruling(is_behind_proxy=True)),
        ("one that says nothing", seen(10, devices=3, who=NEAR), Ruling(is_behind_proxy=True)),
        ("one that says nothing, early", seen(9, devices=3, who=NEAR), Ruling(0, 10)),
        ("a far one", seen(95, everywhere=100, devices=8), Ruling(is_behind_proxy=True)),
        ("a far one that says so", seen(10, who=replace(SOMEBODY, is_forwarded=True)), REFUSED),
        ("one network of two", seen(89, everywhere=100, devices=16), Ruling(0, 90)),
        ("an undeclared proxy's boiling article", seen(95, 95, 95, 8), Ruling(0, 0, 95, True)),
        ("its article, all but flooded", seen(299, 299, 299, 16), Ruling(0, 0, 299, True)),
        ("its flooded article", seen(300, 300, 300, 16), REFUSED),
        ("its calm article on a flooded site", seen(1200, 0, 1200, 16), REFUSED),
        ("nobody's address where it is flooded", seen(0, 300, who=Visitor()), REFUSED),
        ("a first comment where it is flooded", seen(0, 300), Ruling(0, 1, 300)),
        ("a first comment on a flooded site", seen(0, 0, 1200), Ruling(0, 1)),
        ("a second comment where it is flooded", seen(1, 300), REFUSED),
        ("a second comment on a flooded site", seen(1, 0, 1200), REFUSED),
        ("a carrier's tenth where it is flooded", seen(9, 300, devices=3), Ruling(0, 10, 300)),
        ("a carrier's eleventh there", seen(10, 300, devices=3), REFUSED),
    ],
)
def test_what_a_comment_meets(case: str, found: Seen, expected: Ruling) -> None:
    assert ruling(found, per_visitor=10, per_article=60) == expected, case


def test_a_limit_of_none_takes_none_and_an_article_without_limit_is_never_slow() -> None:
    assert ruling(QUIET, per_visitor=0, per_article=60).retry_after_seconds
    assert ruling(seen(0, article=1000), per_visitor=0, per_article=1).retry_after_seconds
    assert ruling(seen(1, article=1000), per_visitor=10, per_article=0) == Ruling(0, 2)


@pytest.fixture
def _cat(site: Site) -> None:
    write_article(site, "Cat", START)


class Crowd:
    """Readers behind one proxy, who are told apart by the last part of their address."""

    def __init__(self, site: Site, clock: Clock, network: str = "203.0.113", **settings: object) -> None:
        self.reader = Reader(application(site.but(**settings), clock))
        self.network, self.sent = network, 0

    def send(self, host: int) -> int:
        """Send one more comment from a host; return the answer's status."""
        self.sent += 1
        fields = {"name": "Dan", "email": f"dan{self.sent}@example.org", "comment": f"Comment {self.sent}."}
        sender = {"X-Forwarded-For": f"{self.network}.{host}", "User-Agent": BROWSER}
        headers = {**self.reader.headers, **sender}
        fields |= self.reader.form_of(CAT)
        return self.reader.post(f"{CAT}/comments", fields, headers=headers).status_code


def host_of_each_kind(site: Site, clock: Clock, network: str) -> list[int]:
    """Return hosts that this day's salt, which is drawn by lot, takes for devices of different kinds."""
    found = dict[int, int]()
    for host in range(1, 255):
        who = visitor(site, f"{network}.{host}", f"{BROWSER}\n", is_forwarded=False, now=clock())
        found.setdefault(who.device, host)
    return list(found.values())


@pytest.mark.both_engines
@pytest.mark.usefixtures("_cat")
def test_phones_of_one_carrier_are_held_for_their_number_and_a_single_one_is_refused(
    site: Site, clock: Clock
) -> None:
    limits = {"trusted_proxies": 1, "comments_per_ten_minutes": 6}
    lonely = Crowd(site, clock, "198.51.100", **limits)
    assert [lonely.send(7) for _ in range(7)] == [303] * 6 + [429]
    crowd = Crowd(site, clock, **limits)
    crowd.sent = 100
    assert [crowd.send(host) for host in range(1, 9)] == [303] * 8
    assert held_because(site) == {"burst"}


@ON_SQLITE
@pytest.mark.usefixtures("_cat")
def test_an_article_that_boils_goes_slow_and_recovers_by_itself(site: Site, clock: Clock) -> None:
    limits = {"trusted_proxies": 1, "article_comments_per_ten_minutes": 3, "comments_per_ten_minutes": 5}
    crowds = [Crowd(site, clock, f"203.0.{number}", **limits) for number in range(5)]
    for number, crowd in enumerate(crowds):
        crowd.sent = 10 * number
    assert [crowd.send(7) for crowd in crowds[:4]] == [303] * 4
    assert held_because(site) == {"slow_mode"}
    assert crowds[3].send(7) == 429
    assert crowds[4].send(7) == 303
    clock.advance(minutes=21)
    crowds[3].send(7)
    assert [crowds[3].send(7) for _ in range(2)] == [303, 303]


@pytest.mark.both_engines
@pytest.mark.usefixtures("_cat")
def test_an_undeclared_proxy_stops_nobody_and_whoever_runs_the_site_is_told(
    site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = Crowd(site, clock, comments_per_ten_minutes=2)
    with caplog.at_level(logging.WARNING, "cms.limits"):
        assert [crowd.send(host) for host in range(1, 6)] == [303] * 5
    assert [record.name for record in caplog.records].count("cms.limits") == 1
    assert "trusted_proxies" in caplog.text
    with site.database.reading() as session:
        assert proxy_is_missing(session, 0, now=clock())
        assert not proxy_is_missing(session, 1, now=clock())
    hire(site, "Cleo", clock())
    assert "trusted_proxies" in Moderator(application(site, clock), "Cleo").get("/moderation/").text


@ON_SQLITE
@pytest.mark.usefixtures("_cat")
def test_a_flood_that_feigns_a_proxy_ends_and_a_first_comment_from_elsewhere_is_taken(
    site: Site, clock: Clock
) -> None:
    limits = {"trusted_proxies": 1, "article_comments_per_ten_minutes": 3}
    bot, dan = (Crowd(site, clock, network, **limits) for network in ("10.0.0", "203.0.113"))
    hosts = host_of_each_kind(site, clock, "10.0.0") * 2
    assert [bot.send(host) for host in hosts[:18]] == [303] * 15 + [429] * 3
    dan.sent = 100
    assert [dan.send(7), dan.send(7)] == [303, 429]


@ON_SQLITE
@pytest.mark.usefixtures("_cat")
def test_nobody_is_counted_beforehand_until_somebody_was_refused_lately(site: Site, clock: Clock) -> None:
    reader = Reader(application(site.but(comments_per_ten_minutes=1), clock))

    def is_asked_beforehand(text: str) -> bool:
        with counted(site) as selects:
            reader.comment(CAT, comment=text)
        return any("limit_count" in select for select in selects)

    assert [is_asked_beforehand(text) for text in ("One.", "Two.", "Three.")] == [False, False, True]
    clock.advance(minutes=21)
    assert [is_asked_beforehand(text) for text in ("Four.", "Five.", "Six.")] == [False, False, True]


@ON_SQLITE
@pytest.mark.usefixtures("_cat")
def test_a_further_refusal_costs_three_selects_and_a_token_is_refused_with_it(
    site: Site, clock: Clock
) -> None:
    reader = refused_reader(site, clock)
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "More.", **reader.form_of(CAT)}
    with counted(site) as selects:
        refused = reader.post(f"{CAT}/comments", {**fields, "reply_to": "1"})
    assert (refused.status_code, len(selects)) == (
        429,
        3,
    )  # the article, what was counted, whether it is a repeat
    with counted(site) as selects:
        token = reader.get(f"{CAT}/comments/token")
    assert (token.status_code, len(selects)) == (429, 2)
    assert token.headers["Retry-After"] == refused.headers["Retry-After"]


@ON_SQLITE
@pytest.mark.usefixtures("_cat")
def test_a_refusal_says_in_how_many_minutes_and_keeps_the_words(site: Site, clock: Clock) -> None:
    reader = Reader(application(site.but(comments_per_ten_minutes=1), clock))
    reader.comment(CAT)
    refused = reader.comment(CAT, comment="My very words.")
    wait = int(refused.headers["Retry-After"])
    page = Page(refused.text)
    assert f"again in {-(-wait // 60)} minutes" in page.all("div", role="alert")[0][1]
    assert page.text("textarea", id="comment") == "My very words."
    clock.advance(seconds=wait)
    assert reader.comment(CAT, comment="My very words.").status_code == 303


@ON_SQLITE
@pytest.mark.usefixtures("_cat")
def test_a_further_refusal_cleans_judges_and_writes_nothing(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = refused_reader(site, clock)
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "More.", **reader.form_of(CAT)}

    def _never(*_: object) -> str:
        raise AssertionError("cleaned, or wrote")

    monkeypatch.setattr("cms.sanitize.comment_html", _never)
    site.database.writer.dispose()
    monkeypatch.setattr(type(site.database), "writing", _never)
    assert reader.post(f"{CAT}/comments", fields).status_code == 429
    assert len(stored(site)) == 1


def refused_reader(site: Site, clock: Clock) -> Reader:
    """Return a reader who has sent as much as she may, and was told so."""
    reader = Reader(application(site.but(comments_per_ten_minutes=1), clock))
    assert [reader.comment(CAT, comment=text).status_code for text in ("One.", "Two.")] == [303, 429]
    return reader
