"""Tightening: kept pages that many ask for are compressed further, in a thread of the lowest priority."""

import os
import sys
import threading

from cms.pages.views.shelf import Shelf

EVERY_SECONDS = 30.0  # a page that has lived so long is likely to live on
# Between two pages, so at most an eighth of one core, and only while nothing else needs it.
PAUSE_SECONDS = 0.5
STOP_SECONDS = 1.0
NICENESS = 19  # the least share of a processor that Linux gives


class Tightener:
    """Compresses the pages of one shelf further, each once, if they are asked for often."""

    def __init__(self, shelf: Shelf) -> None:
        """Take the shelf; nothing begins yet."""
        self._shelf = shelf
        self._seen: set[tuple[str, str]] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tightening", daemon=True)

    def start(self) -> None:
        """Begin. Call it after any fork: a thread does not come along into a child process."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further page, and wait for the one at hand."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def tighten_settled(self) -> None:
        """Compress pages that are unchanged since the last round; remember those that are new for the next one."""
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
        # Only on Linux a thread has a priority of its own (man 2 setpriority, section Bugs).
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while not self._ended.wait(EVERY_SECONDS):
            self.tighten_settled()
