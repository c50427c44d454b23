"""Opens files as an audit reads them: piece by piece, with what is packed inside them."""

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from cms.privacy.packed import SIGNS, ZIP, Inflater, Opener, Standard, raw_deflate
from cms.privacy.trawl import OVERLAP

PIECE = 1_048_576  # bytes searched at once; more would only take memory
DEEPEST = 3  # an archive in a compressed archive; each layer is one
MOST_INFLATED = 1_073_741_824  # bytes that one packed stream may become: a bomb ends here, and it is said so
LEAST = 6  # bytes: no address is shorter, so a stream that ends before them was none
_IN_MEMORY = 8_388_608


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of something kept: where it is, from which byte on, and how many of its bytes are new."""

    where: str
    offset: int
    data: bytes
    new: int


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be searched, with the reason."""

    where: str
    why: str


def pieces(where: str, stream: IO[bytes], brotli: Opener, depth: int = 0) -> Iterator[Piece | Unread]:
    """Yield a file's bytes piece by piece, then those of what is packed inside it."""
    packed: dict[int, bytes] = {}
    for piece in _overlapping(where, stream):
        yield piece
        packed |= {piece.offset + found.start(): found[0] for found in SIGNS.finditer(piece.data)}
    yield from _unpacked(where, stream, packed, brotli, depth)


def pieces_within(where: str, value: bytes, brotli: Opener) -> Iterator[Piece | Unread]:
    """Yield the bytes of what is packed inside a stored value, not those of the value itself."""
    packed = {found.start(): found[0] for found in SIGNS.finditer(value)}
    yield from _unpacked(where, io.BytesIO(value), packed, brotli, 0)


def _unpacked(
    where: str, stream: IO[bytes], packed: Mapping[int, bytes], brotli: Opener, depth: int
) -> Iterator[Piece | Unread]:
    if depth < DEEPEST:
        if ZIP in packed.values():
            yield from _unzipped(where, stream, brotli, depth)
        for offset, sign in packed.items():
            if sign != ZIP:
                yield from _inflated(f"{where} > packed", stream, offset, Standard(sign), brotli, depth)
        # These have no sign of their own; what is none breaks within a few bytes.
        for kind, opener in (("brotli", brotli), ("raw deflate", raw_deflate)):
            yield from _inflated(f"{where} > {kind}", stream, 0, opener(), brotli, depth)


def _overlapping(where: str, stream: IO[bytes]) -> Iterator[Piece]:
    stream.seek(0)
    offset, kept = 0, b""
    while new := stream.read(PIECE):
        data = kept + new
        yield Piece(where, offset, data, len(new))
        kept = data[-OVERLAP:]
        offset += len(data) - len(kept)


def _unzipped(where: str, stream: IO[bytes], brotli: Opener, depth: int) -> Iterator[Piece | Unread]:
    try:
        with zipfile.ZipFile(stream) as archive:
            for number, member in enumerate(archive.infolist(), 1):
                inner = f"{where} > file {number}"
                yield from pieces(f"{inner}, its name", _named(member), brotli, DEEPEST)
                yield from _member(inner, archive, member, brotli, depth)
    except (zipfile.BadZipFile, ValueError) as error:
        # Four bytes that look like an archive stand in many a file; only one that calls itself so is missed.
        if where.endswith(".zip"):
            yield Unread(where, f"it is no whole archive: {error}")


def _member(
    inner: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, brotli: Opener, depth: int
) -> Iterator[Piece | Unread]:
    try:
        with archive.open(member) as opened:
            yield from _spooled(inner, _blocks(opened), brotli, depth)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        yield Unread(inner, f"it cannot be unpacked: {type(error).__name__}")


def _named(member: zipfile.ZipInfo) -> IO[bytes]:
    """Return a file that holds what an archive says of a member: its name and its comment."""
    return io.BytesIO(member.filename.encode("utf-8", "surrogateescape") + b"\n" + member.comment)


def _inflated(
    where: str, stream: IO[bytes], offset: int, inflater: Inflater, brotli: Opener, depth: int
) -> Iterator[Piece | Unread]:
    stream.seek(offset)
    yield from _spooled(where, _until_it_ends(stream, inflater), brotli, depth)


def _until_it_ends(stream: IO[bytes], inflater: Inflater) -> Iterator[bytes]:
    """Yield what a stream inflates to, as far as it is whole: bytes that only look like one break at once."""
    size = 64
    while not inflater.is_finished() and (block := stream.read(size)):
        size = min(size * 4, 65_536)
        try:
            yield inflater.process(block)
        except Exception:  # brotli and zlib each have an error of their own, and either ends the stream
            return


def _blocks(opened: IO[bytes]) -> Iterator[bytes]:
    while block := opened.read(PIECE):
        yield block


def _spooled(where: str, blocks: Iterator[bytes], brotli: Opener, depth: int) -> Iterator[Piece | Unread]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as held:
        for block in blocks:
            held.write(block)
            if held.tell() > MOST_INFLATED:
                yield Unread(where, f"it goes on behind {MOST_INFLATED:,} bytes")
                break
        if held.tell() >= LEAST:
            yield from pieces(where, held, brotli, depth + 1)
