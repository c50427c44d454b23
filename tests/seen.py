"""What a reader would see of HTML, found by the standard library and not by our own code."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img"})


@dataclass
class Seen:
    """The text, the tags with their attributes, and every (parents, tag) that a page of HTML holds."""

    text: str = ""
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    places: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    balanced: bool = True

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element of this name."""
        return [attributes for name, attributes in self.tags if name == tag]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self.path: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append((tag, dict(attrs)))
        self.seen.places.append((tuple(self.path), tag))
        self.seen.text += "\n" if tag == "br" else ""
        if tag not in VOID:
            self.path.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.path and self.path[-1] == tag:
            self.path.pop()
        else:
            self.seen.balanced = False

    def handle_data(self, data: str) -> None:
        self.seen.text += data


def seen(written: str) -> Seen:
    """Read HTML as it will be shown."""
    reader = _Reader()
    reader.feed(written)
    reader.close()
    reader.seen.balanced = reader.seen.balanced and not reader.path
    return reader.seen


def letters(text: str) -> str:
    """Return text without its white space, so that only what was written is compared."""
    return "".join(text.split())
