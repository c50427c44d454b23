"""Reads files for an audit chunk by chunk, and whatever is compressed inside them."""

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from cms.privacy.packed import (
    SIGNATURES,
    ZIP,
    Decompressor,
    MakeDecompressor,
    StandardDecompressor,
    raw_deflate_decompressor,
)
from cms.privacy.scan import OVERLAP

CHUNK = 1_048_576  # bytes searched at once; more would only take memory
DEEPEST = 3  # layers of compression
MOST_INFLATED = 1_073_741_824  # bytes that one stream may decompress to; a bomb is cut off here and reported
LEAST = 6  # bytes: no address is shorter, so a stream that ends earlier is skipped
_IN_MEMORY = 8_388_608


@dataclass(frozen=True, slots=True)
class Chunk:
    """Part of a file or a value: which one, its offset, and how many of its bytes the chunk before did not hold."""

    where: str
    offset: int
    data: bytes
    new: int


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be searched, and why."""

    where: str
    why: str


def chunks(
    where: str, stream: IO[bytes], brotli: MakeDecompressor, depth: int = 0
) -> Iterator[Chunk | Unread]:
    """Yield a file's bytes chunk by chunk, then those of what is compressed inside it."""
    packed: dict[int, bytes] = {}
    for chunk in _overlapping(where, stream):
        yield chunk
        packed |= {chunk.offset + found.start(): found[0] for found in SIGNATURES.finditer(chunk.data)}
    yield from _unpacked(where, stream, packed, brotli, depth)


def chunks_packed_within(where: str, value: bytes, brotli: MakeDecompressor) -> Iterator[Chunk | Unread]:
    """Yield the bytes of what is compressed inside a stored value, but not the value itself."""
    packed = {found.start(): found[0] for found in SIGNATURES.finditer(value)}
    yield from _unpacked(where, io.BytesIO(value), packed, brotli, 0)


def _unpacked(
    where: str, stream: IO[bytes], packed: Mapping[int, bytes], brotli: MakeDecompressor, depth: int
) -> Iterator[Chunk | Unread]:
    if depth < DEEPEST:
        if ZIP in packed.values():
            yield from _unzipped(where, stream, brotli, depth)
        for offset, sign in packed.items():
            if sign != ZIP:
                yield from _inflated(
                    f"{where} > packed", stream, offset, StandardDecompressor(sign), brotli, depth
                )
        # These formats have no signature; other data fails to decompress within a few bytes.
        for kind, make_decompressor in (("brotli", brotli), ("raw deflate", raw_deflate_decompressor)):
            yield from _inflated(f"{where} > {kind}", stream, 0, make_decompressor(), brotli, depth)


def _overlapping(where: str, stream: IO[bytes]) -> Iterator[Chunk]:
    stream.seek(0)
    offset, kept = 0, b""
    while new := stream.read(CHUNK):
        data = kept + new
        yield Chunk(where, offset, data, len(new))
        kept = data[-OVERLAP:]
        offset += len(data) - len(kept)


def _unzipped(
    where: str, stream: IO[bytes], brotli: MakeDecompressor, depth: int
) -> Iterator[Chunk | Unread]:
    try:
        with zipfile.ZipFile(stream) as archive:
            for number, member in enumerate(archive.infolist(), 1):
                inner = f"{where} > file {number}"
                yield from chunks(f"{inner}, its name", _named(member), brotli, DEEPEST)
                yield from _member(inner, archive, member, brotli, depth)
    except (zipfile.BadZipFile, ValueError) as error:
        # Many files contain the four bytes of the signature by chance; only one named .zip is worth a report.
        if where.endswith(".zip"):
            yield Unread(where, f"it is no whole archive: {error}")


def _member(
    inner: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, brotli: MakeDecompressor, depth: int
) -> Iterator[Chunk | Unread]:
    try:
        with archive.open(member) as opened:
            yield from _spooled(inner, _blocks(opened), brotli, depth)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        yield Unread(inner, f"it cannot be unpacked: {type(error).__name__}")


def _named(member: zipfile.ZipInfo) -> IO[bytes]:
    """Return a stream of a member's name and comment."""
    return io.BytesIO(member.filename.encode("utf-8", "surrogateescape") + b"\n" + member.comment)


def _inflated(
    where: str,
    stream: IO[bytes],
    offset: int,
    decompressor: Decompressor,
    brotli: MakeDecompressor,
    depth: int,
) -> Iterator[Chunk | Unread]:
    stream.seek(offset)
    yield from _spooled(where, _until_it_ends(stream, decompressor), brotli, depth)


def _until_it_ends(stream: IO[bytes], decompressor: Decompressor) -> Iterator[bytes]:
    """Yield what a stream decompresses to, up to its first damage; bytes that only look like a stream fail at once."""
    size = 64
    while not decompressor.is_finished() and (block := stream.read(size)):
        size = min(size * 4, 65_536)
        try:
            yield decompressor.process(block)
        except Exception:  # brotli and zlib each have an error of their own, and either ends the stream
            return


def _blocks(opened: IO[bytes]) -> Iterator[bytes]:
    while block := opened.read(CHUNK):
        yield block


def _spooled(
    where: str, blocks: Iterator[bytes], brotli: MakeDecompressor, depth: int
) -> Iterator[Chunk | Unread]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as held:
        for block in blocks:
            held.write(block)
            if held.tell() > MOST_INFLATED:
                yield Unread(where, f"it goes on behind {MOST_INFLATED:,} bytes")
                break
        if held.tell() >= LEAST:
            yield from chunks(where, held, brotli, depth + 1)
