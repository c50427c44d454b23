"""What a comment is held for when other comments, names and networks stand around it."""

import pytest
from sqlmodel import col, select

from cms.comments.models import HoldReason
from cms.comments.signals import Lane
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article

ADVERT = "Hello friends, I have earned three thousand dollars a month from home with this wonderful method."


@pytest.fixture
def article(site: Site) -> int:
    """Give an article by Ada that takes comments."""
    return write_article(site, "The last tram", START)


def _reasons_of(site: Site, comment_id: int) -> dict[str, int]:
    with site.database.reading() as session:
        chosen = select(HoldReason.code, HoldReason.measure).where(col(HoldReason.comment_id) == comment_id)
        return {str(code): measure for code, measure in session.exec(chosen)}


@pytest.mark.both_engines
def test_near_copies_are_counted_across_articles(site: Site, article: int) -> None:
    other = write_article(site, "The first tram", START)
    send_comment(site, article, START, text=f"{ADVERT} https://a.example/1", email="one@example.org")
    send_comment(site, other, START, text=f"{ADVERT.title()} 4711", email="two@example.org")
    last = send_comment(site, other, START, text=f"{ADVERT}!", email="three@example.org")
    assert _reasons_of(site, last) == {"copies": 2}
    assert stored(site)[0].lane is Lane.NEEDS_THOUGHT
    assert stored(site)[2].score > stored(site)[1].score


@ON_SQLITE
def test_short_thanks_are_no_copies(site: Site, article: int) -> None:
    for number in range(3):
        last = send_comment(site, article, START, text="Thank you!", email=f"dan{number}@example.org")
    assert _reasons_of(site, last) == {}


@ON_SQLITE
def test_a_name_that_looks_like_an_authors_or_a_neighbours_is_said(site: Site, article: int) -> None:
    hire(site, "Cleo", START)
    first = send_comment(site, article, START, name="Dan")
    again = send_comment(site, article, START, text="Once more.", parent_id=first, root_id=first)
    assert _reasons_of(site, again) == {}, "her own name"
    within = {"parent_id": first, "root_id": first, "email": "mallory@example.org"}
    for number, (name, expected) in enumerate(
        {
            "АDА": {"staff_name": 0},
            "C1eo": {"staff_name": 0},
            "Dаn": {"thread_name": 0},
            "Mallory": {},
        }.items()
    ):
        sent = send_comment(site, article, START, text=f"Word {number}.", **{**within, "name": name})
        assert _reasons_of(site, sent) == expected, name


@ON_SQLITE
def test_a_copied_parent_and_a_burst_from_one_network_are_said(site: Site, article: int) -> None:
    long = "The council promised new trams last spring and has ordered none of them so far."
    first = send_comment(site, article, START, text=long, network_mark="ab" * 32)
    send_comment(site, article, START, text="Two.", network_mark="ab" * 32)
    copied = send_comment(
        site,
        article,
        START,
        text=long,
        parent_id=first,
        root_id=first,
        network_mark="ab" * 32,
        name="Mallory",
        email="m@example.org",
    )
    assert _reasons_of(site, copied) == {"copied_parent": 100, "copies": 1, "burst": 3}


@ON_SQLITE
def test_a_comment_that_nothing_speaks_against_is_likely_fine(site: Site, article: int) -> None:
    send_comment(site, article, START)
    assert stored(site)[0].lane is Lane.LIKELY_FINE
