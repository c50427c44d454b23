"""Searches tables, files and folders for the sought addresses and notes every hit."""

import codecs
import os
import re
import stat
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from cms.privacy.containers import Chunk, Unread, chunks, chunks_packed_within
from cms.privacy.decoders import SEPARATOR
from cms.privacy.disguises import folded
from cms.privacy.findings import AuditFindings
from cms.privacy.packed import MakeDecompressor
from cms.privacy.scan import Hit, scan
from cms.privacy.searchers import Searchers
from cms.privacy.sought import CONTEXT, SoughtAddresses

AT_ONCE = 1_048_576  # bytes of rows searched at once
SHORTEST_CONTEXT = 3  # characters beside an address; fewer do not tell one text from another
# Columns in which people write about themselves: the table, the column that identifies the writer, the kind of owner,
# the columns of text.
OWN_WORDS = {
    "comment": ("id", "comment", ("name", "body_text", "body_html")),
    "author": ("staff_id", "staff", ("bio",)),
}
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Audit:
    """One search through everything; `brotli` makes a decompressor of brotli streams.

    Long pieces are handed to `searchers`. The caller lets them finish before it reads the findings.
    """

    def __init__(
        self, sought: SoughtAddresses, findings: AuditFindings, brotli: MakeDecompressor, searchers: Searchers
    ) -> None:
        self.sought, self.findings, self._brotli, self._searchers = sought, findings, brotli, searchers
        self._seen: set[tuple[int, int]] = set()

    def search_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Search each column of each row of a table; `rows` hold values as the database driver returns them."""
        self.findings.searched.tables += 1
        batch = _Batch(self, name, columns)
        for row in rows:
            self.findings.searched.rows += 1
            batch.add(row)
            if batch.length >= AT_ONCE:
                batch.search()
                batch = _Batch(self, name, columns, batch.rows_before + len(batch.rows))
        batch.search()

    def search_words(self, where: str, words: str) -> None:
        """Note the addresses in a setting, as the operator wrote it in a file."""
        for hit in scan(words.encode(), self.sought):
            self.findings.note_written(where, hit, _long_enough(hit.before), _long_enough(hit.after))

    def search_stream(self, where: str, stream: IO[bytes]) -> None:
        """Search a file and what is packed inside it."""
        self.findings.searched.files += 1
        self.search_chunks(chunks(where, stream, self._brotli))

    def search_process(self, where: str, data: bytes) -> None:
        """Search the environment or the arguments of a running process."""
        self.findings.searched.bytes += len(data)
        self.search_bytes(data, partial(self._note_hits, where))

    def search_packed(self, where: str, value: bytes) -> None:
        """Search what is packed inside a stored value."""
        self.search_chunks(chunks_packed_within(where, value, self._brotli))

    def search_folder(self, folder: Path, leaving_out: Path) -> None:
        """Search every file below a folder once, following links, except below `leaving_out`."""
        for above, folders, names in os.walk(folder, followlinks=True):
            here = Path(above)
            folders[:] = sorted(
                name
                for name in folders
                if (here / name).resolve() != leaving_out.resolve() and self._is_new(here / name)
            )
            for name in (*folders, *sorted(names)):
                self._search_name(folder, here / name)
            for name in sorted(names):
                self._search_path(folder, here / name)

    def leave_out(self, stream: IO[bytes]) -> None:
        """Do not search an open file again when its folder is searched."""
        state = os.fstat(stream.fileno())
        self._seen.add((state.st_dev, state.st_ino))

    def search_chunks(self, found: Iterable[Chunk | Unread]) -> None:
        """Search the chunks of a file or a stored value."""
        for chunk in found:
            if isinstance(chunk, Unread):
                self.findings.not_searched[chunk.where] = chunk.why
            else:
                self.findings.searched.bytes += chunk.new
                self.search_bytes(chunk.data, partial(self._note_hits, chunk.where))

    def search_bytes(self, data: bytes, note: Callable[[list[Hit]], None]) -> None:
        """Search some bytes, now or a little later, and pass the hits to `note`."""
        self._searchers.search(data, note)

    def _note_hits(self, where: str, hits: list[Hit]) -> None:
        for hit in hits:
            self.findings.note(where, hit)

    def _search_name(self, folder: Path, path: Path) -> None:
        for hit in scan(os.fsencode(path.name), self.sought):
            self.findings.note(f"the name of a file in {_shown(folder, path.parent)}", hit)

    def _search_path(self, folder: Path, path: Path) -> None:
        where = self._withheld(folder, path)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                self.findings.not_searched[where] = "it is no file with bytes of its own"
            elif self._is_new(path):
                with path.open("rb") as stream:
                    self.search_stream(where, stream)
        except OSError as error:
            self.findings.not_searched[where] = f"it cannot be read: {error.strerror}"

    def _withheld(self, folder: Path, path: Path) -> str:
        """Return a file's name for the report, or its inode number where the name itself holds an address."""
        shown = _shown(folder, path)
        if any(scan(os.fsencode(shown), self.sought)):
            return f"file {path.lstat().st_ino} below {folder.name}"
        return shown

    def _is_new(self, path: Path) -> bool:
        try:
            state = path.stat()
        except OSError:
            return True
        known = (state.st_dev, state.st_ino) in self._seen
        self._seen.add((state.st_dev, state.st_ino))
        return not known


class _Batch:
    """Rows that are searched together, their values joined by separators."""

    def __init__(self, audit: Audit, table: str, columns: Sequence[str], rows_before: int = 0) -> None:
        self._audit, self._table, self._columns = audit, table, columns
        self.rows_before, self.length = rows_before, 0
        self.rows: list[Sequence[Any]] = []
        self._parts: list[bytes] = []
        self._starts: list[int] = []
        self._cells: list[tuple[int, int]] = []

    def add(self, row: Sequence[Any]) -> None:
        self.rows.append(row)
        for column, value in enumerate(row):
            if value is None or isinstance(value, int | float):
                continue
            raw = _as_bytes(value)
            self._starts.append(self.length)
            self._cells.append((len(self.rows) - 1, column))
            self._parts.append(raw)
            self.length += len(raw) + len(SEPARATOR)
            if _is_binary(raw):
                self._audit.search_packed(self._where(len(self.rows) - 1, column), raw)

    def search(self) -> None:
        self._audit.findings.searched.bytes += sum(len(part) for part in self._parts)
        self._audit.search_bytes(SEPARATOR.join(self._parts), self._note)
        self._parts = []

    def _note(self, hits: list[Hit]) -> None:
        for hit in hits:
            row, column = self._cells[max(0, bisect_right(self._starts, hit.offset) - 1)]
            where = self._where(row, column)
            if self._is_own(hit, row, column):
                self._note_own(where, hit, row, column)
            else:
                self._audit.findings.note(where, hit)

    def _note_own(self, where: str, hit: Hit, row: int, column: int) -> None:
        self._audit.findings.note_written(where, hit, _long_enough(hit.before), _long_enough(hit.after))
        values = self.rows[row]
        left = folded(_as_text(values[column - 1])[-CONTEXT:]) if column else ""
        right = folded(_as_text(values[column + 1])[:CONTEXT]) if column + 1 < len(values) else ""
        # As the bytes of a row stand in SQLite's file, and in a dump of PostgreSQL.
        for between in ("", "\t"):
            before = (left + between + hit.before)[-CONTEXT:]
            after = (hit.after + between + right)[:CONTEXT]
            self._audit.findings.note_written(where, hit, _long_enough(before), _long_enough(after))

    def _is_own(self, hit: Hit, row: int, column: int) -> bool:
        key, kind, words = OWN_WORDS.get(self._table, ("", "", ()))
        if self._columns[column] not in words:
            return False
        owner = _as_text(self.rows[row][list(self._columns).index(key)])
        return owner.isdecimal() and self._audit.findings.belongs_to(hit.number, kind, int(owner))

    def _where(self, row: int, column: int) -> str:
        keys = [name for name in self._columns if name == "id" or name.endswith("_id")]
        key = _as_text(self.rows[row][list(self._columns).index(keys[0])]) if keys else ""
        named = f"{keys[0]} {key}" if key.isdecimal() else f"row {self.rows_before + row + 1}"
        return f"{self._table}.{self._columns[column]}, {named}"


def _as_bytes(value: Any) -> bytes:  # Any: what a driver gives
    return (
        bytes(value)
        if isinstance(value, bytes | memoryview)
        else str(value).encode("utf-8", "surrogateescape")
    )


def _as_text(value: Any) -> str:  # Any: what a driver gives
    return "" if value is None else _as_bytes(value).decode("utf-8", "replace")


def _long_enough(text: str) -> str:
    return text if len(text) >= SHORTEST_CONTEXT else ""


def _is_binary(raw: bytes) -> bool:
    head = raw[:64]
    try:
        codecs.utf_8_decode(head, "strict", False)
    except UnicodeDecodeError:
        return True
    return _CONTROL_BYTES.search(head) is not None


def _shown(folder: Path, path: Path) -> str:
    return path.relative_to(folder.parent).as_posix()
