"""The format of a backup: a compressed tar whose last member lists the length and digest of all others."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

FORMAT = 1
DATABASE, CONFIG, MEDIA, CONTENTS = "broadsheet.db", "config.toml", "media", "backup.json"
CONTENTS_MAX_BYTES = 268_435_456  # a line for each of two million pictures
NAME_MAX_BYTES = 250  # of a path within ustar, the one format that every tar reads alike
SPARE_BYTES = 16_777_216  # that a disk keeps free, since other programs write too
LEVEL = 4  # of zlib's nine: half the time of the usual six for a file 4 % longer (measured on a seeded site)
CHUNK_BYTES = 1_048_576


class BackupRefused(Exception):
    """A file is not a whole backup, or cannot be restored here; the message says why."""


@dataclass(slots=True)
class Contents:
    """What a backup holds: when it was made, and each file with its length and SHA-256."""

    made_at: datetime
    files: dict[str, tuple[int, str]] = field(default_factory=dict)

    def as_json(self) -> bytes:
        """Return the last member's text."""
        files = {name: {"bytes": size, "sha256": digest} for name, (size, digest) in self.files.items()}
        return json.dumps({"format": FORMAT, "made_at": self.made_at.isoformat(), "files": files}).encode()

    @classmethod
    def read(cls, text: bytes) -> "Contents":
        """Return what the last member says. Raises BackupRefused."""
        try:
            said = json.loads(text)
            if said["format"] != FORMAT:
                raise BackupRefused("it was made by a newer Broadsheet")
            files = {
                str(name): (int(one["bytes"]), str(one["sha256"])) for name, one in said["files"].items()
            }
            return cls(datetime.fromisoformat(said["made_at"]).astimezone(UTC), files)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise BackupRefused("its list of contents cannot be read") from error


def pack(target: Path, files: Iterable[tuple[str, Path]], now: datetime) -> Contents:
    """Write `files`, given by their names in the tar, into the new file `target`, synced to disk.

    Raises OSError.
    """
    contents = Contents(now)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as written:
        with tarfile.open(
            fileobj=written, mode="w:gz", format=tarfile.USTAR_FORMAT, compresslevel=LEVEL
        ) as tar:
            for name, path in files:
                with path.open("rb") as source:
                    size = os.fstat(source.fileno()).st_size
                    measured = _Measured(source)
                    tar.addfile(_header(name, size, now), measured)
                contents.files[name] = (size, measured.digest.hexdigest())
            text = contents.as_json()
            tar.addfile(_header(CONTENTS, len(text), now), io.BytesIO(text))
        written.flush()
        os.fsync(written.fileno())
    return contents


def unpack(source: IO[bytes], folder: Path) -> Contents:
    """Write a backup's files into `folder`, and check that it is whole and holds nothing else.

    A forged backup can write nowhere else: links, devices and names that lead out of the folder are refused, and so is
    more than the disk has room for. Raises BackupRefused; the caller removes `folder`.
    """
    contents: Contents | None = None
    found: dict[str, tuple[int, str]] = {}
    try:
        with tarfile.open(fileobj=source, mode="r:gz", tarinfo=_PlainFile) as tar:
            for member in tar:
                if contents is not None:
                    raise BackupRefused("something stands behind its end")
                _check(member, found)
                stream = tar.extractfile(member)
                if stream is None:
                    raise BackupRefused(f"{member.name!r} is no file")
                if member.name == CONTENTS:
                    contents = Contents.read(stream.read(CONTENTS_MAX_BYTES))
                else:
                    found[member.name] = _written(stream, member, folder)
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError) as error:
        raise BackupRefused("it is cut off or damaged") from error
    if contents is None:
        raise BackupRefused("it is cut off or damaged")
    if found != contents.files or DATABASE not in found:
        raise BackupRefused("it does not hold what it says")
    return contents


def fits(name: str) -> bool:
    """Tell whether a file can be in a backup under this name: a backup's own, or one below the folder of media."""
    if name in {DATABASE, CONFIG, CONTENTS}:
        return True
    first, *parts = name.split("/")
    return (
        first == MEDIA and bool(parts) and all(map(_is_plain, parts)) and len(name.encode()) <= NAME_MAX_BYTES
    )


def _is_plain(part: str) -> bool:
    return bool(part) and not part.startswith(".") and part.isprintable() and "\\" not in part


def _header(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(now.timestamp())
    return member


def _check(member: tarfile.TarInfo, found: dict[str, tuple[int, str]]) -> None:
    if not fits(member.name) or member.name in found:
        raise BackupRefused(f"it holds something that no backup does: {member.name!r}")
    if member.name == CONTENTS and member.size > CONTENTS_MAX_BYTES:
        raise BackupRefused("its list of contents cannot be read")


def _written(stream: IO[bytes], member: tarfile.TarInfo, folder: Path) -> tuple[int, str]:
    if member.size + SPARE_BYTES > shutil.disk_usage(folder).free:
        raise BackupRefused("the disk has no room for what it holds")
    path = folder / member.name
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as target:
        for chunk in _chunks(stream):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
        size = target.tell()
    return size, digest.hexdigest()


class _Measured:
    """A stream that takes the digest of what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


class _PlainFile(tarfile.TarInfo):
    """A member that is a plain file; any other kind is refused before its header's own contents are read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_PlainFile":
        found = super().frombuf(buf, encoding, errors)
        if found.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
            raise BackupRefused(f"it holds something that no backup does: {found.name!r}")
        return found
