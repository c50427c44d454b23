"""Comments that came in are judged and laid together as if the form had brought them, and teach the filter."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from cms.comments.actions.catching_up import catch_up, is_wanted
from cms.comments.features import EVERY
from cms.comments.queries import learnt
from cms.exchange.report import ImportReport
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.exchange.conftest import NOW, comment, export, post
from tests.factories import hire

Bring = Callable[..., ImportReport]
Rows = Callable[..., list[Any]]
ADVERT = (
    "Hello friends, I have earned three thousand dollars a month from home with this wonderful method, and you"
    " can do it as well: look at http://{host}/ today, before the offer ends for ever, number {number}."
)


WORDS = "tram council rain street school budget bridge harbour mayor teacher river market winter vote".split()


def heard(number: int, approved: object, text: str = "") -> str:
    """Return a comment of an export, each in words of its own."""
    told = " ".join(random.Random(number).choices(WORDS, k=12)).capitalize() + "."
    return comment(number, approved=approved, content=text or told)


@pytest.mark.both_engines
def test_what_waits_is_judged_and_laid_together(bring: Bring, rows: Rows, site: Site) -> None:
    adverts = [heard(n, 0, ADVERT.format(host="casino.example", number=n % 2 or 7)) for n in (1, 3)]
    bring(export(post(1, *adverts, heard(2, 0), heard(4, 1))))
    assert is_wanted(site, NOW)
    catch_up(site, NOW)
    assert not is_wanted(site, NOW)
    found = {row.id: row for row in rows("SELECT id, score, lane, likeness, fold_id FROM comment")}
    assert found[1].score > found[2].score
    assert (found[1].lane, found[1].fold_id) == (found[3].lane, found[3].fold_id) == (found[1].lane, 1)
    assert found[2].fold_id == 2
    assert found[1].likeness
    assert (found[4].likeness, found[4].fold_id) == (0, None)
    assert rows("SELECT comment_id FROM comment_host WHERE host = 'casino.example' ORDER BY 1") == [
        (1,),
        (3,),
    ]
    assert {code for (code,) in rows("SELECT code FROM hold_reason WHERE comment_id = 1")} >= {"links"}


def test_what_was_decided_elsewhere_teaches_once_and_is_unlearnt_exactly(bring: Bring, site: Site) -> None:
    spoken = [heard(n, "spam" if n % 2 else 1) for n in range(1, 51)]
    bring(export(post(1, *spoken, heard(60, 0), heard(61, "trash"))))
    assert lessons(site) == (25, 25)
    bring(export(post(1, *spoken, heard(62, 1))))
    assert lessons(site) == (25, 26)
    decide(site, hire(site, "Cleo", NOW), [1], Verdict.HOLD, "", 2**62, NOW)
    assert lessons(site) == (24, 26)


def lessons(site: Site) -> tuple[int, int]:
    """Return how many comments have taught spam, and how many what is fine."""
    with site.database.reading() as session:
        return learnt.counts(session, [EVERY])[EVERY]
