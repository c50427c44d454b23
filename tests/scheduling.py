"""How pytest-xdist shares the tests out among processes: hooks that conftest.py takes over."""

from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Start one process more than there are cores, since processes wait for the browser and for PostgreSQL."""
    return (yield) + 1


class ByFile(LoadScopeScheduling):
    """Hands out whole files, whose tests share their servers, and all journeys to one process, with its browser.

    The journeys begin first: they take longest by far, and at the end the other processes would wait for them.
    """

    def schedule(self) -> None:
        """Order the files as they were collected; xdist would put those of the most tests first."""
        self.config.option.loadscopereorder = False
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return "journeys" if "journeys/" in file else file


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's, which may be switched off
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Share the tests out by file, so that no server and no browser is started twice."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the journeys first, which take longest."""
    items.sort(key=lambda item: "journeys/" not in item.nodeid)
