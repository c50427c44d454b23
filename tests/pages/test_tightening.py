"""What is read most is made as small as it can be, and stays the page that it was."""

from collections.abc import Iterator

import brotli
import pytest

from cms.config import Settings
from cms.pages.views.tightening import Tightener
from cms.site import Site
from tests.conftest import Clock
from tests.factories import hire, send_comment, write_article
from tests.pages.kept import Worker
from tests.reader import Moderator, Reader


@pytest.fixture
def worker(site: Site, settings: Settings, clock: Clock) -> Iterator[Worker]:
    body = "".join(
        f"<p>The tide came in {hour} times, and {hour + 3} boats with it.</p>" for hour in range(60)
    )
    hire(site, "Cleo", clock())
    send_comment(site, write_article(site, "Tide", clock(), body=body), clock(), text="Word of the tide.")
    started = Worker(settings, clock)
    yield started
    started.close()


def _asked(worker: Worker, times: int) -> tuple[bytes, str, bytes]:
    """Ask so often for the article; return how it was sent, under which tag, and what it says."""
    reader = Reader(worker.app)
    sent = [reader.get("/articles/tide", Accept_Encoding="br") for _ in range(times)][-1]
    plain = reader.get("/articles/tide", Accept_Encoding="identity")
    return sent.data, sent.headers["ETag"], plain.data


def test_a_page_that_is_asked_for_often_gets_smaller_and_says_the_same(worker: Worker) -> None:
    loose, tag, page = _asked(worker, 3)
    tightener = Tightener(worker.shelf)
    tightener.tighten_settled()
    assert _asked(worker, 1)[0] == loose  # it may be about to change
    tightener.tighten_settled()
    tight, tag_of_tight, same_page = _asked(worker, 1)
    assert len(tight) < len(loose)
    assert (tag_of_tight, same_page) == (tag, page)
    assert brotli.decompress(tight) == page


def test_a_page_that_one_reader_asked_for_is_left_as_it_is(worker: Worker) -> None:
    reader, tightener = Reader(worker.app), Tightener(worker.shelf)
    loose = reader.get("/articles/tide", Accept_Encoding="br").data
    for _ in range(2):
        tightener.tighten_settled()
    assert reader.get("/articles/tide", Accept_Encoding="br").data == loose


def test_a_page_that_has_changed_meanwhile_waits_again(worker: Worker) -> None:
    tightener = Tightener(worker.shelf)
    _asked(worker, 3)
    tightener.tighten_settled()
    Moderator(worker.app, "Cleo").decide("approve", 1)
    loose, _, page = _asked(worker, 3)
    tightener.tighten_settled()
    assert _asked(worker, 1)[0] == loose
    assert b"Word of the tide." in page


def test_room_that_a_page_gives_up_is_free_again(worker: Worker) -> None:
    loose = _asked(worker, 3)[0]
    ((_, page),) = worker.shelf.asked_often()
    before = page.size
    tightener = Tightener(worker.shelf)
    for _ in range(2):
        tightener.tighten_settled()
    tight = _asked(worker, 1)[0]
    assert not page.is_loose
    assert before - page.size == len(loose) - len(tight) > 0
