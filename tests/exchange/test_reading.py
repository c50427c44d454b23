"""An export read by a process of its own, ahead of the one that stores."""

import multiprocessing
import os
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from cms.exchange.actions.cleaning import WORTH_IT
from cms.exchange.actions.reading import ITEMS_A_BATCH, batches, batches_of
from tests.exchange.conftest import comment, export, post

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core reads in the same process")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return an export of three batches."""
    path = tmp_path / "export.xml"
    posts = [post(number, comment(number)) for number in range(1, 2 * ITEMS_A_BATCH + 2)]
    path.write_text(export(*posts, post(9_999, wp_status="trash")))
    return path


def test_another_process_reads_what_this_one_would(large: Path) -> None:
    with large.open("rb") as stream:
        here = list(batches_of(stream))
        with batches(stream, WORTH_IT) as found:
            assert list(found) == here
    assert [len(batch.items) for batch in here] == [ITEMS_A_BATCH, ITEMS_A_BATCH, 1]
    assert len(here[-1].refused) == 1
    assert sum(batch.read_bytes for batch in here) == large.stat().st_size


def test_a_process_that_reads_ends_with_who_stops_listening(large: Path) -> None:
    with large.open("rb") as stream, batches(stream, WORTH_IT) as found:
        assert len(next(iter(found)).items) == ITEMS_A_BATCH
        assert len(multiprocessing.active_children()) == 1
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_while_reading_is_missed(large: Path) -> None:
    with large.open("rb") as stream, batches(stream, WORTH_IT) as found:
        next(iter(found))
        for process in multiprocessing.active_children():
            process.kill()
        with pytest.raises(BrokenProcessPool):
            list(found)


def test_what_goes_wrong_in_the_process_that_reads_is_told_as_ever(large: Path) -> None:
    with large.open("rb") as stream:
        large.unlink()
        with batches(stream, WORTH_IT) as found, pytest.raises(FileNotFoundError):
            list(found)
