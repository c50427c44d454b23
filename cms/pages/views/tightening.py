"""Tightening: kept pages that many ask for are made smaller, in a thread that gives way to everything else."""

import os
import sys
import threading

from cms.pages.views.shelf import Shelf

EVERY_SECONDS = 30.0  # a page that has lived so long is likely to live on
PAUSE_SECONDS = 0.5  # between two pages: an eighth of one core at most, and only what nobody else wants
STOP_SECONDS = 1.0
NICENESS = 19  # the least share of a processor that Linux gives


class Tightener:
    """Makes the pages of one shelf smaller, each once, as long as they are asked for."""

    def __init__(self, shelf: Shelf) -> None:
        """Take whose pages; nothing begins yet."""
        self._shelf = shelf
        self._seen: set[tuple[str, str]] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tightening", daemon=True)

    def start(self) -> None:
        """Begin. After any fork: a thread does not come along into a child."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further page, and wait for the one at hand."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def tighten_settled(self) -> None:
        """Make smaller what many ask for and what is the same as it was the last time; see what else there is."""
        seen = set()
        for key, page in self._shelf.asked_often():
            if not page.is_loose:
                continue
            mark = key, page.variant("br").etag
            seen.add(mark)
            if mark in self._seen:
                page.tighten()
                self._shelf.grown(key, page)
                if self._ended.wait(PAUSE_SECONDS):
                    return
        self._seen = seen

    def _run(self) -> None:
        if (
            sys.platform == "linux"
        ):  # where a thread has a priority of its own (man 2 setpriority, section Bugs)
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while not self._ended.wait(EVERY_SECONDS):
            self.tighten_settled()
