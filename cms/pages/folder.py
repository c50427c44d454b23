"""The folder of baked pages: finished pages as files, which a proxy serves by itself as long as they are there.

A file is up to date or it is gone. A change removes the files made of what it changes before its commit, and holds a
shared lock until the commit has ended. The baker puts a page in place under the exclusive lock, after it has made sure
that nothing has changed since the page was made.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

BAKED = "baked"  # the key in `session.info` of a writing session under which it holds the folder
PAGES = "pages"  # below the folder; what the proxy looks into
FRONT_PAGE = "index"  # the file's name; every other page's is its address
KINDS = ("articles", "authors", "pages", "sections", "tags")  # of addresses that may have a file
ENCODINGS = ("", "gzip", "br")  # each a folder below PAGES, the first one PAGES itself
NAME_MAX_BYTES = 200  # of one part of an address; file systems take 255
ONE_BY_ONE_MAX = 100  # pages that a change takes away singly; beyond it, all go at once, which is one rename


@dataclass(frozen=True, slots=True)
class Hold:
    """A change under way: no page is put in place until it is let go."""

    handle: int

    def let_go(self) -> None:
        """Let pages be put in place again; a process that ends lets go by itself."""
        os.close(self.handle)


class Folder:
    """Baked pages below `root`, for any number of processes of one machine."""

    def __init__(self, root: Path) -> None:
        """Take a folder that holds nothing else; it is made when the first page is kept."""
        self._root = root
        self._pages, self._things = root / PAGES, root / "things"

    def keep(
        self,
        address: str,
        bodies: Mapping[str, bytes],
        things: Iterable[str],
        due: datetime | None,
        is_true: Callable[[], bool],
    ) -> bool:
        """Put the page at `address` in place, a body for each of ENCODINGS, if `is_true()` while nobody changes anything.

        False where it is not true any more, or where its address makes no name of a file.
        """
        name = file_name(address)
        if name is None:
            return False
        with self._alone():
            if not is_true():
                return False
            # Before the page, so that no page is ever in place that a change would not find.
            for thing in things:
                mark = self._things / _flat(thing) / _flat(address)
                mark.parent.mkdir(parents=True, exist_ok=True)
                mark.touch()
            self._note_due(due)
            for encoding, body in bodies.items():
                self._put(self._pages / encoding / name, body, modified=_mark(body))
        return True

    def begin_change(self, things: Iterable[str]) -> Hold:
        """Remove every page that is made of one of `things`; no page is put in place until the hold is let go."""
        hold = Hold(self._locked(fcntl.LOCK_SH))
        found = {mark.name for thing in things for mark in _entries(self._things / _flat(thing))}
        if len(found) > ONE_BY_ONE_MAX:
            self._move_away()
        else:
            for flat in found:
                self._take_away(unquote(flat))
        return hold

    def forget_all(self) -> None:
        """Remove all pages; the proxy finds none from the moment of one rename."""
        with self._alone():
            self._move_away()

    def due(self) -> datetime | None:
        """Return the moment at which the first of the pages falls due."""
        with suppress(OSError, ValueError):
            return datetime.fromtimestamp(float((self._root / "due").read_text("ascii")), UTC)
        return None

    def has(self, address: str) -> bool:
        """Tell whether a page is there."""
        name = file_name(address)
        return name is not None and (self._pages / name).exists()

    def missed(self) -> list[str]:
        """Return the addresses of pages that were removed one by one since the last call."""
        found = [unquote(mark.name) for mark in _entries(self._root / "missed")]
        for address in found:
            (self._root / "missed" / _flat(address)).unlink(missing_ok=True)
        return sorted(found)

    def has_missed(self) -> bool:
        """Tell whether `missed()` would return any."""
        return bool(_entries(self._root / "missed"))

    def belong_to(self, maker: str) -> None:
        """Remove all pages unless the same `maker` (a digest of program and settings) has made them."""
        known = self._root / "made-by"
        with self._alone():
            if not known.exists() or known.read_text("utf-8") != maker:
                self._move_away()
                self._put(known, maker.encode())

    def _take_away(self, address: str) -> None:
        name = file_name(address)
        if name is None:  # then it was never kept
            return
        for encoding in ENCODINGS:
            (self._pages / encoding / name).unlink(missing_ok=True)
        (self._root / "missed").mkdir(exist_ok=True)
        (self._root / "missed" / _flat(address)).touch()

    def _move_away(self) -> None:
        trash = self._root / f"gone-{secrets.token_hex(8)}"
        for kept in (self._pages, self._things):
            with suppress(FileNotFoundError):
                kept.rename(trash.with_name(f"{trash.name}-{kept.name}"))
        (self._root / "due").unlink(missing_ok=True)
        for gone in self._root.glob("gone-*"):
            shutil.rmtree(gone, ignore_errors=True)

    def _note_due(self, due: datetime | None) -> None:
        known = self.due()
        if due is not None and (known is None or due < known):
            self._put(self._root / "due", f"{due.timestamp()}".encode("ascii"))

    def _put(self, path: Path, body: bytes, *, modified: int | None = None) -> None:
        """Write a file so that it is there whole or not at all: under another name first, then renamed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._root / f".{secrets.token_hex(8)}"
        try:
            fresh.write_bytes(body)
            fresh.chmod(0o644)  # the proxy is another user
            if modified is not None:
                os.utime(fresh, (modified, modified))
            fresh.rename(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = self._locked(fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(handle)

    def _locked(self, kind: int) -> int:
        self._root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, kind)
        return handle


def file_name(address: str) -> str | None:
    """Return the name of the file for an address, None where such an address has no file."""
    kind, _, slug = address.removeprefix("/").partition("/")
    if address == "/":
        return FRONT_PAGE
    if kind not in KINDS or slug in {"", ".", ".."} or "/" in slug or "\0" in slug:
        return None
    return f"{kind}/{slug}" if len(slug.encode()) <= NAME_MAX_BYTES else None


def _mark(body: bytes) -> int:
    """Return a time of modification that differs with the body: nginx makes its ETag of that second and the length."""
    return int.from_bytes(hashlib.sha256(body).digest()[:4]) >> 1


def _flat(name: str) -> str:
    """Return a thing or an address as the name of one file."""
    return quote(name, safe="")


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
