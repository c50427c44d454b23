"""The file beside the keys that remembers what was erased, so that no backup brings it back."""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

NAME = "erased.log"
_LINE = re.compile(r"([0-9]{1,10}):([0-9a-f]{16})")


def append(folder: Path, marks: Mapping[int, str]) -> None:
    """Add the ids of erased comments to the journal, synced to disk; `marks` holds the random mark of each id's row.

    A line is an id with a digest of the row's mark: after a restore the same id may belong to somebody's new comment,
    whose mark differs.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = "".join(f"{number}:{_digest(mark)}\n" for number, mark in sorted(marks.items()))
    handle = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, b"\n" + lines.encode())  # a line that a crash cut short spoils no other
        os.fsync(handle)
    finally:
        os.close(handle)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)  # so that the name of a new file is on the disk as well
    finally:
        os.close(directory)


def read(folder: Path) -> dict[int, str]:
    """Return, by id, the digest of the mark of every comment that was erased."""
    try:
        text = (folder / NAME).read_text("ascii", "replace")
    except FileNotFoundError:
        return {}
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {int(line[1]): line[2] for line in found if line}


def matches(mark: str, digest: str) -> bool:
    """Tell whether a line of the journal is about the row with this mark."""
    return _digest(mark) == digest


def _digest(mark: str) -> str:
    return hashlib.sha256(mark.encode()).hexdigest()[:16]
