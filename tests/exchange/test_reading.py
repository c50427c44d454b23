"""An export read by a process of its own, ahead of the one that stores."""

import multiprocessing
import os
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cms.exchange.actions.reading import ITEMS_A_BATCH, batches_of, reader
from cms.exchange.arrivals import SiteDefaults
from cms.exchange.survey import Survey, survey
from cms.exchange.wxr import read
from tests.exchange.conftest import comment, export, post

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core reads in the same process")

HERE = SiteDefaults(ZoneInfo("Asia/Karachi"), "ur")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return an export of three batches."""
    path = tmp_path / "export.xml"
    posts = [post(number, comment(number)) for number in range(1, 2 * ITEMS_A_BATCH)]
    posts += [post(number, guid="https://old.example/?p=7") for number in (5_001, 5_002)]
    path.write_text(export(*posts, post(9_999, wp_status="trash")))
    return path


@pytest.fixture
def found(large: Path) -> Survey:
    with large.open("rb") as stream:
        return survey(read(stream))


def test_another_process_reads_what_this_one_would(large: Path, found: Survey) -> None:
    with large.open("rb") as stream:
        here = list(batches_of(stream, found, HERE))
        with reader(stream, elsewhere=True) as batches:
            assert list(batches(found, HERE)) == here
    assert [len(batch.arrivals) for batch in here] == [ITEMS_A_BATCH, ITEMS_A_BATCH, 1]
    assert here[-1].arrivals[0].incoming.entry_id == here[-1].arrivals[0].link  # since two have its guid
    assert len(here[-1].refused) == 1
    assert sum(batch.read_bytes for batch in here) == large.stat().st_size


def test_a_process_that_reads_ends_with_who_stops_listening(large: Path, found: Survey) -> None:
    with large.open("rb") as stream, reader(stream, elsewhere=True) as batches:
        assert len(next(batches(found, HERE)).arrivals) == ITEMS_A_BATCH
        assert len(multiprocessing.active_children()) == 1
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_while_reading_is_missed(large: Path, found: Survey) -> None:
    with large.open("rb") as stream, reader(stream, elsewhere=True) as batches:
        coming = batches(found, HERE)
        next(coming)
        for process in multiprocessing.active_children():
            process.kill()
        with pytest.raises(BrokenProcessPool):
            list(coming)


def test_a_process_that_dies_before_it_reads_is_missed(large: Path, found: Survey) -> None:
    with large.open("rb") as stream, reader(stream, elsewhere=True) as batches:
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        with pytest.raises(BrokenProcessPool):
            list(batches(found, HERE))


def test_what_goes_wrong_in_the_process_that_reads_is_told_as_ever(large: Path, found: Survey) -> None:
    with large.open("rb") as stream:
        large.unlink()
        with reader(stream, elsewhere=True) as batches, pytest.raises(FileNotFoundError):
            list(batches(found, HERE))
