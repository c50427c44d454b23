"""What a page says in the words of the program, as somebody sees or hears it."""

import re
from html.parser import HTMLParser

HEARD = frozenset({"aria-label", "alt", "title", "placeholder"})
SILENT = frozenset({"script", "style"})
NOT_OURS = frozenset({"textarea", "code"})  # what a person has typed, or is to type on a terminal
# The paper's name, the CLDR's own halves of an Urdu day, and the example of an address.
LATIN_ANYWHERE = frozenset({"Broadsheet", "AM", "PM", "name@example.org"})
ADDRESS = re.compile(r"https?://\S+")
LATIN_WORD = re.compile(r"[A-Za-z]+(?:[-.@][A-Za-z]+)*")


class Chrome(HTMLParser):
    """A page's words: the text that is seen, with the names that screen readers say."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT | NOT_OURS
        self.words += [value for name, value in attrs if name in HEARD and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT | NOT_OURS

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.words.append(" ".join(data.split()))


def words(source: str) -> list[str]:
    """Return every piece of text on a page."""
    return Chrome(source).words


def latin_words(source: str) -> list[str]:
    """Return the words in Latin letters on a page; all that its stories and people bring are in another script."""
    found = {word for piece in words(source) for word in LATIN_WORD.findall(ADDRESS.sub("", piece))}
    return sorted(found - LATIN_ANYWHERE)
