"""An export's articles in batches, read by a process of its own where there are enough of them."""

import io
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO

from cms.exchange.actions.cleaning import processes_for, uninterrupted
from cms.exchange.mapping import Skipped, refused
from cms.exchange.survey import ARTICLE_TYPES
from cms.exchange.wxr import read
from cms.exchange.wxr_events import WxrItem
from cms.exchange.xml_repair import NotWxr

ITEMS_A_BATCH = 500  # one transaction each, so that readers who send comments wait for a second at most
CHARACTERS_A_BATCH = 4_000_000  # the same, for long ones
COMMENTS_A_BATCH = 2_500


@dataclass(slots=True)
class Batch:
    """Articles for one transaction, with what among them does not come in, and the bytes that were read for it."""

    items: list[WxrItem] = field(default_factory=list)
    refused: list[Skipped] = field(default_factory=list)
    read_bytes: int = 0


@contextmanager
def batches(stream: BinaryIO, texts: int) -> Iterator[Iterable[Batch]]:
    """Give the batches of an export that holds so many texts, from its first byte on.

    To read takes as long as to store: while one process stores a batch, another reads the next, and no further.
    Only a file with a name can be opened by another process.
    """
    path = getattr(stream, "name", None)
    if not processes_for(texts) or not isinstance(path, str):
        stream.seek(0)
        yield batches_of(stream)
        return
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    reader = context.Process(target=_send, args=(Path(path).absolute(), sending), daemon=True)
    with uninterrupted():
        reader.start()
    sending.close()
    try:
        yield _received(receiving)
    finally:
        receiving.close()
        reader.terminate()
        reader.join()


def batches_of(stream: BinaryIO) -> Iterator[Batch]:
    """Read an export and yield its batches; the last may hold no article."""
    batch = Batch()
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
        batch.items.append(event)
        comments += len(event.comments)
        characters += len(event.content) + sum(len(comment.content) for comment in event.comments)
        if (
            len(batch.items) >= ITEMS_A_BATCH
            or characters >= CHARACTERS_A_BATCH
            or comments >= COMMENTS_A_BATCH
        ):
            yield batch
            batch, characters, comments = Batch(), 0, 0
    yield batch


def watched(stream: BinaryIO, progress: Callable[[int], None]) -> BinaryIO:
    """Return a stream that tells how many bytes have been read of it."""
    return _Watched(stream, progress)  # type: ignore[return-value]  # a raw stream reads like a binary one


class _Watched(io.RawIOBase):
    """A stream that tells how much of it has been read."""

    def __init__(self, stream: BinaryIO, progress: Callable[[int], None]) -> None:
        self._stream, self._progress = stream, progress

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does."""
        chunk = self._stream.read(size)
        self._progress(len(chunk))
        return chunk


def _send(path: Path, sending: Connection) -> None:
    """Read in a process of its own; a batch waits in its pipe until it is asked for."""
    try:
        with path.open("rb") as stream:
            for batch in batches_of(stream):
                sending.send(batch)
        sending.send(None)
    except BrokenPipeError:
        return  # whoever stores has ended
    except (NotWxr, OSError) as error:
        sending.send(error)


def _received(receiving: Connection) -> Iterator[Batch]:
    while True:
        try:
            found = receiving.recv()
        except (EOFError, OSError) as error:
            raise BrokenProcessPool("the process that reads has died") from error
        if found is None:
            return
        if isinstance(found, Exception):
            raise found
        yield found
