"""Reading an export's articles in batches, in a process of its own when there are enough of them."""

import io
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO

from cms.exchange.actions.collecting import rarely_collecting
from cms.exchange.actions.work_pool import shielded_from_interrupts
from cms.exchange.arrivals import Arrival, SiteDefaults, arrival
from cms.exchange.mapping import Skipped, refused
from cms.exchange.survey import ARTICLE_TYPES, Survey
from cms.exchange.wxr import read
from cms.exchange.wxr_events import WxrItem
from cms.exchange.xml_repair import NotWxr

ITEMS_A_BATCH = 500  # one transaction each, so that readers who send comments wait for a second at most
CHARACTERS_A_BATCH = 4_000_000  # the same, for long ones
COMMENTS_A_BATCH = 2_500


@dataclass(slots=True)
class ArticleBatch:
    """The articles of one transaction, the items among them that are not imported, and the bytes read for it."""

    arrivals: list[Arrival] = field(default_factory=list)
    refused: list[Skipped] = field(default_factory=list)
    read_bytes: int = 0


Read = Callable[[Survey, SiteDefaults], Iterator[ArticleBatch]]


@contextmanager
def reader(stream: BinaryIO, *, elsewhere: bool) -> Iterator[Read]:
    """Yield a function that reads the batches of an export; with `elsewhere`, in a process that starts at once.

    Reading takes as long as storing: while one process stores a batch, another reads the next, and no further.
    A stream without a file name is read in this process, since another could not open it.
    """
    path = getattr(stream, "name", None)
    if not elsewhere or not isinstance(path, str):
        yield partial(batches_of, stream)
        return
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_send, args=(Path(path).absolute(), theirs), daemon=True)
    with shielded_from_interrupts():
        process.start()
    theirs.close()
    try:
        yield partial(_received, ours)
    finally:
        ours.close()
        process.terminate()
        process.join()


def batches_of(stream: BinaryIO, survey: Survey, here: SiteDefaults) -> Iterator[ArticleBatch]:
    """Read an export and yield its batches; the last may hold no article."""
    stream.seek(0)
    batch = ArticleBatch()
    characters = comments = 0

    def count(read_bytes: int) -> None:
        batch.read_bytes += read_bytes

    for event in read(watched(stream, count)):
        if not isinstance(event, WxrItem) or event.post_type not in ARTICLE_TYPES:
            continue
        why_not = refused(event)
        if why_not is not None:
            batch.refused.append(why_not)
            continue
        batch.arrivals.append(arrival(event, survey, here))
        comments += len(event.comments)
        characters += len(event.content) + sum(len(comment.content) for comment in event.comments)
        if (
            len(batch.arrivals) >= ITEMS_A_BATCH
            or characters >= CHARACTERS_A_BATCH
            or comments >= COMMENTS_A_BATCH
        ):
            yield batch
            batch, characters, comments = ArticleBatch(), 0, 0
    yield batch


def watched(stream: BinaryIO, progress: Callable[[int], None]) -> BinaryIO:
    """Return a stream that reports to `progress` how many bytes each read returned."""
    return _Watched(stream, progress)  # type: ignore[return-value]  # a raw stream reads like a binary one


class _Watched(io.RawIOBase):
    """A stream that reports how much of it has been read."""

    def __init__(self, stream: BinaryIO, progress: Callable[[int], None]) -> None:
        self._stream, self._progress = stream, progress

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does."""
        chunk = self._stream.read(size)
        self._progress(len(chunk))
        return chunk


@rarely_collecting()
def _send(path: Path, connection: Connection) -> None:
    """Read in a process of its own; a batch waits in the pipe until it is received."""
    try:
        survey, here = connection.recv()
        with path.open("rb") as stream:
            for batch in batches_of(stream, survey, here):
                connection.send(batch)
        connection.send(None)
    except (BrokenPipeError, ConnectionResetError, EOFError):
        return  # the process that stores has ended
    except (NotWxr, OSError) as error:
        connection.send(error)


def _received(connection: Connection, survey: Survey, here: SiteDefaults) -> Iterator[ArticleBatch]:
    try:
        connection.send((survey, here))
    except OSError as error:
        raise BrokenProcessPool("the process that reads has died") from error
    while True:
        try:
            found = connection.recv()
        except (EOFError, OSError) as error:
            raise BrokenProcessPool("the process that reads has died") from error
        if found is None:
            return
        if isinstance(found, Exception):
            raise found
        yield found
