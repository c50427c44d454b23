"""What an audit has found, told apart from what people wrote themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cms.privacy.trawl import Hit

OWNERS_NAMED = 5  # of one address, in one find
LINES_SHOWN = 50  # finds on a terminal; `--json` has them all


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose address it is: a row of `comment` or `staff`, by its id and its mark."""

    kind: str
    id: int
    mark: str

    @property
    def name(self) -> str:
        """How a find names it."""
        return f"{self.kind} {self.id} (mark {self.mark})"


@dataclass(frozen=True, slots=True)
class Found:
    """An address at a place, in a disguise; never the address itself."""

    where: str
    form: str
    of: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:  # Any: a JSON object
        """Return it as `--json` prints it."""
        return {"where": self.where, "form": self.form, "of": list(self.of)}


@dataclass(slots=True)
class Searched:
    """How much was searched."""

    addresses: int = 0
    tables: int = 0
    rows: int = 0
    files: int = 0
    processes: int = 0
    bytes: int = 0


@dataclass(slots=True)
class AuditFindings:
    """Everything that an audit has to say; `owners` are those of each address by its number."""

    owners: Sequence[Sequence[Owner]]
    searched: Searched = field(default_factory=Searched)
    not_searched: dict[str, str] = field(default_factory=dict)
    not_unsealed: int = 0
    _hits: dict[tuple[str, str, int], list[Hit]] = field(default_factory=dict)
    _written: dict[tuple[str, str, int], None] = field(default_factory=dict)
    _contexts: dict[int, set[tuple[str, str]]] = field(default_factory=dict)

    def note(self, where: str, hit: Hit) -> None:
        """Note an address at a place."""
        self._hits.setdefault((where, hit.form, hit.number), []).append(hit)

    def note_written(self, where: str, hit: Hit, before: str, behind: str) -> None:
        """Note an address that its owner wrote there herself, between `before` and `behind`.

        Wherever the same words stand around it, in a page, an index or the bytes of a file, it is the same writing.
        """
        self._written[(where, hit.form, hit.number)] = None
        if before or behind:
            self._contexts.setdefault(hit.number, set()).add((before, behind))

    def is_of(self, number: int, kind: str, row_id: int) -> bool:
        """Tell whether the address is that of a certain row."""
        return any(owner.kind == kind and owner.id == row_id for owner in self.owners[number])

    def found(self) -> list[Found]:
        """Return each place and form in which an address stands that nobody wrote there herself."""
        return [self._as_found(key) for key, hits in self._hits.items() if not self._is_written(hits)]

    def written(self) -> list[Found]:
        """Return each place and form in which an address stands because its owner wrote it."""
        also = [key for key, hits in self._hits.items() if self._is_written(hits)]
        return [self._as_found(key) for key in (*self._written, *also)]

    def as_json(self) -> dict[str, Any]:  # Any: a JSON object
        """Return all of it as `--json` prints it."""
        searched = self.searched
        return {
            "searched": {
                "addresses": searched.addresses,
                "tables": searched.tables,
                "rows": searched.rows,
                "files": searched.files,
                "processes": searched.processes,
                "bytes": searched.bytes,
            },
            "found": [one.as_json() for one in self.found()],
            "written_by_themselves": [one.as_json() for one in self.written()],
            "not_searched": [{"what": what, "why": why} for what, why in self.not_searched.items()],
            "not_unsealed": self.not_unsealed,
        }

    def lines(self) -> Iterable[str]:
        """Yield all of it for a person."""
        searched, found, written = self.searched, self.found(), self.written()
        yield (
            f"Looked for {searched.addresses:,} addresses in {searched.tables:,} tables ({searched.rows:,} rows)"
            f", {searched.files:,} files and {searched.processes:,} running processes: {searched.bytes:,} bytes."
        )
        if self.not_unsealed:
            yield f"{self.not_unsealed:,} sealed addresses could not be unsealed, so nobody looked for them."
        for what, why in self.not_searched.items():
            yield f"Not searched: {what}: {why}."
        yield from _listed("Written there by their owners themselves", written)
        yield from _listed("FOUND", found)
        if not found:
            yield "No address was found outside its seal."

    def _is_written(self, hits: Sequence[Hit]) -> bool:
        return all(self._is_her_writing(hit) for hit in hits)

    def _is_her_writing(self, hit: Hit) -> bool:
        return any(
            (before and hit.before.endswith(before)) or (behind and hit.behind.startswith(behind))
            for before, behind in self._contexts.get(hit.number, ())
        )

    def _as_found(self, key: tuple[str, str, int]) -> Found:
        where, form, number = key
        names = tuple(owner.name for owner in self.owners[number][:OWNERS_NAMED])
        return Found(where, form, names)


def _listed(title: str, found: Sequence[Found]) -> Iterable[str]:
    if found:
        yield f"{title}: {len(found):,}"
        for one in found[:LINES_SHOWN]:
            yield f"  {one.where}: {one.form}, the address of {', '.join(one.of)}"
        if len(found) > LINES_SHOWN:
            yield f"  … and {len(found) - LINES_SHOWN:,} more; --json lists them all."
