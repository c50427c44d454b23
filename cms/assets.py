"""Static files under addresses that change with their content."""

import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FINGERPRINT_DIGITS = 10  # 40 bits: two files of ours never meet
READER_LAYERS = ("layers", "reset", "base", "components", "pages", "print")
SHEETS = {  # one request for a page's style, however many files it is written in
    "css/reader.css": READER_LAYERS,
    "css/house.css": (*READER_LAYERS, "staff"),
}
_IMPORTED = re.compile(rb'(?<= from ")(\.\.?/[\w-]+\.js)(?=";\n)')
_FINGERPRINTED = re.compile(rf"^(?P<stem>.+)\.(?P<digits>[0-9a-f]{{{FINGERPRINT_DIGITS}}})(?P<suffix>\.\w+)$")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """The bytes of one static file with their type and their address."""

    body: bytes
    mimetype: str
    address: str


@dataclass(frozen=True, slots=True)
class Assets:
    """Every static file of the program, by name (`css/reader.css`)."""

    files: Mapping[str, StaticFile]

    def address(self, name: str) -> str:
        """Return the address of `name`, under which its content never changes.

        Raises KeyError for a file that is not there.
        """
        return self.files[name].address

    def at(self, asked: str) -> tuple[StaticFile, bool] | None:
        """Return the file asked for and whether `asked` bears its present fingerprint, or None."""
        match = _FINGERPRINTED.match(asked)
        file = self.files.get(f"{match['stem']}{match['suffix']}" if match else asked)
        return (file, file.address == f"/static/{asked}") if file else None


def open_assets(folder: Path) -> Assets:
    """Return the static files of `folder` and the sheets that are joined from them, read into memory."""
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}
    for sheet, layers in SHEETS.items():
        contents[sheet] = b"\n".join(contents[f"css/{layer}.css"] for layer in layers)
    made: dict[str, StaticFile] = {}
    for name in contents:
        _make(name, contents, made)
    return Assets(made)


def _make(name: str, contents: Mapping[str, bytes], made: dict[str, StaticFile]) -> StaticFile:
    """Make a file after those that it imports: by their addresses, so that its own changes when one of theirs does."""
    if name not in made:
        folder, body = name.rpartition("/")[0], contents[name]
        if name.endswith(".js"):
            body = _IMPORTED.sub(
                lambda found: _make(
                    posixpath.normpath(f"{folder}/{found[1].decode()}"), contents, made
                ).address.encode(),
                body,
            )
        made[name] = _static_file(name, body)
    return made[name]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _static_file(name: str, body: bytes) -> StaticFile:
    digits = hashlib.sha256(body).hexdigest()[:FINGERPRINT_DIGITS]
    stem, _, suffix = name.rpartition(".")
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StaticFile(body, mimetype, f"/static/{stem}.{digits}.{suffix}")
