"""The files that an export's articles use, taken from a copy of wp-content/uploads."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from cms.exchange.html_tokens import Token, attributes, tokens
from cms.exchange.mapping import Skipped, plain
from cms.exchange.old_addresses import normalised
from cms.exchange.report import ImportReport
from cms.exchange.shortcodes import Attachment
from cms.exchange.survey import Survey
from cms.exchange.urls import parts_of
from cms.pictures.actions.cleaned_files import FileRefused, cleaned
from cms.pictures.actions.narrower_copies import put_copies

PREFIX = "/media/"
LONGEST_NAME = 400  # characters below wp-content/uploads; the column takes 500
TOLD_MAX = 1_000  # missing and refused files that are named one by one
_UPLOADS = re.compile(r"/(?:wp-content/)?uploads/(?:sites/\d+/)?(.+)$|/files/(\d{4}/\d\d/.+)$")
_SIZE = re.compile(r"-\d{1,5}x\d{1,5}(?=\.[A-Za-z0-9]+$)|-scaled(?=\.[A-Za-z0-9]+$)")
_SHOWN = frozenset({"img", "audio", "video", "source"})
_USES_FILES = re.compile(r"<(?:img|audio|video|source|a)\b", re.IGNORECASE)
_ATTACHMENT_CLASS = re.compile(r"\bwp-image-(\d+)\b")
_LINKED_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|pdf|mp3|m4a|ogg|oga|opus|wav|flac|mp4|m4v|webm|ogv|zip|epub|od[tsp]|docx?|xlsx?|pptx?"
    r"|txt|csv)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """An imported file: its name below /media/, and width and height in pixels if it is a picture."""

    name: str
    width: int | None = None
    height: int | None = None


@dataclass(slots=True)
class MediaFiles:
    """Copies files into the media folder, each once, and remembers where each is now."""

    survey: Survey
    folder: Path | None
    target: Path
    dry_run: bool = False
    _found: dict[str, ImportedFile | None] = field(default_factory=dict)
    _addresses: list[tuple[str, str, str]] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _told: list[Skipped] = field(default_factory=list)
    _untold: Counter[str] = field(default_factory=Counter)

    def bring(self, url: str) -> ImportedFile | None:
        """Import the file at an old address; None if it belongs to another site, is missing, or is refused."""
        relative = self._relative(url)
        if not relative:
            return None
        if relative not in self._found:
            self._found[relative] = self._fetched(relative, url)
        found = self._found[relative]
        address = normalised(parts_of(url).path)
        if found and address:
            self._addresses.append((address, f"media:{found.name}", ""))
        return found

    def name_of(self, url: str) -> str:
        """Return the present name of an imported file, "" for any other."""
        found = self._found.get(self._relative(url))
        return found.name if found else ""

    def within(self, html: str) -> str:
        """Import the site's own files in `html`, and return it with their new addresses and sizes."""
        if not _USES_FILES.search(html):
            return html
        source = list(tokens(html))
        loose = set(self._links_around_missing(source))
        return "".join(self._rewritten(token) for place, token in enumerate(source) if place not in loose)

    def link(self, featured: Attachment) -> str:
        """Return the HTML of a featured picture that is missing, which cleaning turns into a visible link."""
        alt = featured.alt or plain(featured.title)
        return f'<figure><img src="{escape(featured.url)}" alt="{escape(alt)}"></figure>\n'

    def caption(self, featured: Attachment) -> str:
        """Return a picture's caption as text."""
        return plain(featured.caption)

    def take_addresses(self) -> list[tuple[str, str, str]]:
        """Return the redirects of files imported since the last call."""
        addresses, self._addresses = self._addresses, []
        return addresses

    def tell(self, report: ImportReport) -> None:
        """Add to the report which files were imported and which were not."""
        report.media.update(self._counts)
        report.media["brought_in"] = sum(found is not None for found in self._found.values())
        report.skipped += self._told
        for why, count in sorted(self._untold.items()):
            report.skipped.append(Skipped("files", f"{why}; they are shown as links", count))

    def _relative(self, url: str) -> str:
        """Return a file's path below wp-content/uploads, "" for an address of another site."""
        parts = parts_of(url.strip())
        host = parts.netloc.lower()
        if parts.scheme not in {"", "http", "https"}:
            return ""
        uploads = _UPLOADS.search(parts.path)
        if uploads and (not host or host in self.survey.hosts or "/wp-content/uploads/" in parts.path):
            return unquote(uploads[1] or uploads[2])
        if host.endswith(".files.wordpress.com"):
            return unquote(parts.path.lstrip("/"))
        known = self.survey.attachment_files.get(url)
        return known or ""

    def _fetched(self, relative: str, url: str) -> ImportedFile | None:
        source = self._inside(relative) or self._inside(_SIZE.sub("", relative))
        if source is None:
            why = "not in the folder of media" if self.folder else "no folder of media was given"
            self._note("missing", url, why, by_name=self.folder is not None)
            return None
        try:
            return self._stored(source, relative)
        except FileRefused as refusal:
            self._note("refused", url, str(refusal), by_name=True)
            return None

    def _note(self, kind: str, url: str, why: str, *, by_name: bool) -> None:
        self._counts[kind] += 1
        if by_name and len(self._told) < TOLD_MAX:
            self._told.append(Skipped(url[:300], f"{why}; shown as a link"))
        else:
            self._untold[why] += 1

    def _inside(self, relative: str) -> Path | None:
        """Return a file of the folder; None if it is missing, outside of the folder, or reached by a symbolic link."""
        path = PurePosixPath(relative)
        if (
            self.folder is None
            or len(relative) > LONGEST_NAME
            or path.is_absolute()
            or ".." in path.parts
            or "\0" in relative
            or not path.parts
        ):
            return None
        root = self.folder.resolve()
        source = root.joinpath(*path.parts)
        try:
            if source.resolve() == source and source.is_file():
                return source
        except OSError:
            return None
        return None

    def _stored(self, source: Path, relative: str) -> ImportedFile:
        file = cleaned(source)
        path = self.target / PurePosixPath(relative).with_suffix(file.suffix)
        if path.exists() and path.read_bytes() != file.body:
            path = path.with_stem(f"{path.stem}-{file.digest[:8]}")
        name = path.relative_to(self.target).as_posix()
        if not self.dry_run:
            if not path.exists():
                file.put_at(path)
            put_copies(self.target, name, file)
        return ImportedFile(name, file.width, file.height)

    def _links_around_missing(self, source: list[Token]) -> Iterator[int]:
        """Yield the indexes of tags that link a missing picture to itself or its page, as it becomes a link anyway."""
        for place, token in enumerate(source):
            if token.name != "img" or place == 0 or place + 1 >= len(source):
                continue
            before, behind = source[place - 1], source[place + 1]
            if before.name == behind.name == "a" and not before.closes and behind.closes:
                href = unescape(attributes(before.source).get("href", ""))
                own = parts_of(href).netloc.lower() in self.survey.hosts or _LINKED_FILE.search(
                    parts_of(href).path
                )
                if own and self.bring(unescape(attributes(token.source).get("src", ""))) is None:
                    yield from (place - 1, place + 1)

    def _rewritten(self, token: Token) -> str:
        if token.closes or token.raw or token.name not in _SHOWN | {"a"}:
            return token.source
        values = {name: unescape(value) for name, value in attributes(token.source).items()}
        if token.name == "a":
            return self._rewritten_link(token, values)
        found = self.bring(values.get("src", ""))
        if token.name == "img":
            return _img(values, found, self._known(values))
        if found is None:
            return token.source
        return _tag(token.name, {**values, "src": f"{PREFIX}{found.name}"})

    def _rewritten_link(self, token: Token, values: dict[str, str]) -> str:
        href = values.get("href", "")
        if not _LINKED_FILE.search(parts_of(href).path if "://" in href or href.startswith("/") else ""):
            return token.source
        found = self.bring(href)
        return _tag("a", {**values, "href": f"{PREFIX}{found.name}"}) if found else token.source

    def _known(self, values: dict[str, str]) -> Attachment | None:
        number = _ATTACHMENT_CLASS.search(values.get("class", ""))
        return self.survey.attachments.get(number[1]) if number else None


def _img(values: dict[str, str], found: ImportedFile | None, known: Attachment | None) -> str:
    if known and not values.get("alt"):
        values["alt"] = known.alt or ("" if found else plain(known.title))
    if found is None:
        return _tag("img", values)
    values["src"] = f"{PREFIX}{found.name}"
    sized = all(values.get(name, "").isdecimal() for name in ("width", "height"))
    if not sized and found.width and found.height:
        width = int(values["width"]) if values.get("width", "").isdecimal() else found.width
        values["width"] = str(min(width, found.width) or found.width)
        values["height"] = str(round(found.height * int(values["width"]) / found.width))
    values.pop("srcset", None)
    return _tag("img", values)


def _tag(name: str, values: dict[str, str]) -> str:
    written = "".join(f' {key}="{escape(value)}"' for key, value in values.items())
    return f"<{name}{written}>"
