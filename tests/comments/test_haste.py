"""Haste is measured where somebody could measure it, and a sum is asked of browsers where that is wished."""

import hashlib
from itertools import count

import pytest
from flask import Flask

from cms.comments.proof import Proof, proof_of
from cms.site import Site
from tests.comments.stored import held_because, stored
from tests.conftest import ON_SQLITE, START, Clock, application
from tests.factories import write_article
from tests.reader import Page, Reader

CAT = "/articles/cat"
BITS = 8


@pytest.fixture(autouse=True)
def _cat(site: Site) -> None:
    write_article(site, "Cat", START)


def fetched(reader: Reader, path: str = CAT) -> dict[str, object]:
    """Return what a browser's script fetches when the form gets the focus."""
    answer = reader.get(f"{path}/comments/token")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    found: dict[str, object] = answer.get_json()
    return found


def solved(token: str, bits: int = BITS) -> str:
    """Return a nonce that proves the work, found as a browser finds it."""
    signature = token.rpartition(".")[2]
    hashes = ((n, hashlib.sha256(f"{signature}{n}".encode()).digest()) for n in count())
    return str(next(n for n, digest in hashes if int.from_bytes(digest, "big") >> (256 - bits) == 0))


@ON_SQLITE
@pytest.mark.parametrize(("seconds", "reasons"), [(1, {"haste"}), (40, set())])
def test_a_token_of_the_first_focus_measures_haste(
    app: Flask, site: Site, clock: Clock, seconds: int, reasons: set[str]
) -> None:
    reader = Reader(app)
    token = str(fetched(reader)["token"])
    clock.advance(seconds=seconds)
    assert reader.comment(CAT, token=token).status_code == 303
    assert held_because(site) == reasons


@ON_SQLITE
def test_a_kept_page_says_nothing_of_haste(app: Flask, site: Site) -> None:
    Reader(app).comment(CAT)
    assert held_because(site) == set()


@ON_SQLITE
def test_a_form_that_is_shown_again_keeps_its_first_second_or_none(
    app: Flask, site: Site, clock: Clock
) -> None:
    reader = Reader(app)
    token = str(fetched(reader)["token"])
    clock.advance(seconds=50)
    again = Page(reader.comment(CAT, token=token, name="").text).all("input", name="token")[0][0]["value"]
    assert again == token
    clock.advance(seconds=1)
    assert reader.comment(CAT, token=again).status_code == 303
    assert held_because(site) == set()
    shown = Page(reader.comment(CAT, name="").text).all("input", name="token")[0][0]["value"]
    assert shown.count(".") == 1


@ON_SQLITE
@pytest.mark.parametrize("forged", ["0", "1772443800", ""])
def test_nobody_but_us_says_when_a_form_was_opened(app: Flask, site: Site, forged: str) -> None:
    reader = Reader(app)
    week, _, signature = str(fetched(reader)["token"]).split(".")
    assert reader.comment(CAT, token=f"{week}.{forged}.{signature}").status_code in {422, 303}
    kept = reader.form_of(CAT)["token"]
    week, signature = kept.split(".")
    assert reader.comment(CAT, token=f"{week}.1.{signature}").status_code == 422


@ON_SQLITE
def test_a_token_is_given_to_no_other_site_and_for_no_hidden_article(app: Flask, site: Site) -> None:
    write_article(site, "Tomorrow", START, days_ago=-1)
    reader = Reader(app)
    assert reader.get("/articles/tomorrow/comments/token").status_code == 404
    assert Reader(app, origin="cross-site").get(f"{CAT}/comments/token").status_code == 403
    write_article(site, "About", START, kind="page")
    assert (
        reader.comment("/pages/about", token=str(fetched(reader, "/pages/about")["token"])).status_code == 303
    )


@ON_SQLITE
def test_no_sum_is_asked_unless_it_is_wished(app: Flask) -> None:
    assert fetched(Reader(app))["bits"] == 0


@pytest.mark.both_engines
def test_a_sum_counts_once_and_without_it_a_comment_is_held_for_that(site: Site, clock: Clock) -> None:
    reader = Reader(application(site.but(proof_of_work="always", proof_of_work_bits=BITS), clock))
    found = fetched(reader)
    token = str(found["token"])
    assert found["bits"] == BITS
    clock.advance(seconds=30)
    proved = {"token": token, "proof": solved(token)}
    reader.comment(CAT, **proved, comment="With its sum.")
    assert held_because(site) == set()
    reader.comment(CAT, **proved, comment="With the same sum.")
    assert held_because(site) == {"no_proof"}
    reader.comment(CAT, comment="Without.")
    assert len(stored(site)) == 3


@ON_SQLITE
def test_a_sum_is_asked_in_slow_mode_alone(site: Site, clock: Clock) -> None:
    slow = {"article_comments_per_ten_minutes": 1, "proof_of_work": "slow_mode"}
    reader = Reader(application(site.but(**slow), clock))
    assert fetched(reader)["bits"] == 0
    reader.comment(CAT)
    assert held_because(site) == set()
    assert fetched(reader)["bits"] == site.settings.proof_of_work_bits


TOKEN, SECOND = "2931.1772443800." + "ab" * 20, int(START.timestamp())
GOOD = solved(TOKEN)


@pytest.mark.parametrize(
    ("second", "nonce", "minutes", "is_good"),
    [
        (SECOND, GOOD, 0, True),
        (SECOND, GOOD, 59, True),
        (SECOND, GOOD, 60, False),
        (None, GOOD, 0, False),
        (SECOND, "", 0, False),
        (SECOND, f"{GOOD}x", 0, False),
        (SECOND, "٤٢", 0, False),
        (SECOND, "9" * 5000, 0, False),
    ],
)
def test_what_proves_a_sum(second: int | None, nonce: str, minutes: int, is_good: bool) -> None:
    clock = Clock()
    clock.advance(minutes=minutes)
    assert isinstance(proof_of(TOKEN, second, nonce, BITS, clock()), Proof) is is_good
