"""What an audit has found, with addresses that people published themselves listed apart."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cms.privacy.scan import Hit

OWNERS_NAMED = 5  # of one address, in one line
LINES_SHOWN = 50  # on a terminal; `--json` has them all


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose address it is: a row of `comment` or `staff`, by its id and its mark."""

    kind: str
    id: int
    mark: str

    @property
    def name(self) -> str:
        """How the report names it."""
        return f"{self.kind} {self.id} (mark {self.mark})"


@dataclass(frozen=True, slots=True)
class Found:
    """Where an address was found, how it was encoded, and whose it is; never the address itself."""

    where: str
    form: str
    of: tuple[str, ...]


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
    """Everything that an audit reports; `owners` lists the owners of each address by the address's number."""

    owners: Sequence[Sequence[Owner]]
    searched: Searched = field(default_factory=Searched)
    not_searched: dict[str, str] = field(default_factory=dict)
    not_unsealed: int = 0
    _hits: dict[tuple[str, str, int], list[Hit]] = field(default_factory=dict)
    _written: dict[tuple[str, str, int], None] = field(default_factory=dict)
    _contexts: dict[int, set[tuple[str, str]]] = field(default_factory=dict)

    def note(self, where: str, hit: Hit) -> None:
        """Note that an address was found."""
        self._hits.setdefault((where, hit.form, hit.number), []).append(hit)

    def note_written(self, where: str, hit: Hit, before: str, after: str) -> None:
        """Note an address that its owner wrote there herself, between the words `before` and `after`.

        Wherever the same words surround it, in a page, an index or a file, it counts as a copy of the same text.
        """
        self._written[(where, hit.form, hit.number)] = None
        if before or after:
            self._contexts.setdefault(hit.number, set()).add((before, after))

    def belongs_to(self, number: int, kind: str, row_id: int) -> bool:
        """Tell whether the address belongs to a certain row."""
        return any(owner.kind == kind and owner.id == row_id for owner in self.owners[number])

    def found(self) -> list[Found]:
        """Return every occurrence that the address's owner did not write there herself."""
        return [self._as_found(key) for key, hits in self._hits.items() if not self._is_written(hits)]

    def written(self) -> list[Found]:
        """Return every occurrence that the address's owner wrote there herself."""
        also = [key for key, hits in self._hits.items() if self._is_written(hits)]
        return [self._as_found(key) for key in (*self._written, *also)]

    def as_json(self) -> dict[str, Any]:  # Any: a JSON object
        """Return the report as `--json` prints it."""
        return {
            "searched": asdict(self.searched),
            "found": [asdict(one) for one in self.found()],
            "written_by_themselves": [asdict(one) for one in self.written()],
            "not_searched": [{"what": what, "why": why} for what, why in self.not_searched.items()],
            "not_unsealed": self.not_unsealed,
        }

    def lines(self) -> Iterable[str]:
        """Yield the lines of the report for a person."""
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
            (before and hit.before.endswith(before)) or (after and hit.after.startswith(after))
            for before, after in self._contexts.get(hit.number, ())
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
