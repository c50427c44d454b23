"""Words as a paper uses them: three scripts, a few words often and most of them seldom."""

import itertools
import random
from dataclasses import dataclass
from functools import cached_property
from html import escape

from cms.comments.habits import hosts
from cms.sanitize import comment_html

ALPHABETS = {
    "en": "ba ke li mo nu ra se ti vo du fa ge hi jo ku pal men tor win sta".split(),
    "ur": "با کے لی مو نا را سے تی وو دو فا گے ہی جو کو پل من تر ون ست".split(),
    "ar": "با كي لي مو نا را سي تي وا دو فا غي هي جو قو بل من تر عن ست".split(),
}
VOCABULARY = 8_000  # different words; a newspaper's year has some 50,000, most of them once
ZIPF_SHIFT = 2.7  # Mandelbrot's: the commonest word is then some 6 % of a text
PARAGRAPHS_MAX = 3_000  # different ones of each kind; a text is a handful of them
PARAGRAPH_WORDS = (35, 75)
REMARK_WORDS = (6, 45)
LINKED_PERCENT, MARKED_PERCENT = 6, 4


@dataclass(frozen=True)
class Remark:
    """A paragraph of a comment: as typed, as the site's own cleaning makes it, and the host that it names, if any."""

    text: str
    html: str
    host: str


@dataclass
class Prose:
    """Texts of one language, each run the same."""

    language: str
    chance: random.Random
    paragraphs_made: int = PARAGRAPHS_MAX

    @cached_property
    def words(self) -> list[str]:
        """Every word, the commonest first."""
        made = ["".join(parts) for parts in itertools.product(ALPHABETS[self.language], repeat=3)]
        self.chance.shuffle(made)
        return made[:VOCABULARY]

    @cached_property
    def paragraphs(self) -> list[str]:
        """Return paragraphs of an article."""
        return [self.sentence(*PARAGRAPH_WORDS) for _ in range(self.paragraphs_made)]

    @cached_property
    def remarks(self) -> list[Remark]:
        """Return paragraphs of comments."""
        texts = [self._typed(number) for number in range(self.paragraphs_made)]
        return [Remark(text, comment_html(text), "".join(hosts(text))) for text in texts]

    def sentence(self, least: int, most: int) -> str:
        """Return a sentence of that many words."""
        words = self.chance.choices(self.words, cum_weights=self._weights, k=self.chance.randint(least, most))
        return " ".join(words).capitalize() + "."

    def article(self, least: int, most: int) -> tuple[str, str]:
        """Return a body as HTML and as plain text."""
        chosen = self.chance.choices(self.paragraphs, k=self.chance.randint(least, most))
        return "\n".join(f"<p>{escape(text)}</p>" for text in chosen), "\n".join(chosen)

    def comment(self) -> tuple[Remark, ...]:
        """Return the paragraphs of a comment."""
        return tuple(self.chance.choices(self.remarks, k=self.chance.choice((1, 1, 1, 2, 2, 3))))

    @cached_property
    def _weights(self) -> list[float]:
        return list(itertools.accumulate(1 / (rank + ZIPF_SHIFT) for rank in range(len(self.words))))

    def _typed(self, number: int) -> str:
        text, drawn = self.sentence(*REMARK_WORDS), self.chance.randrange(100)
        if drawn < LINKED_PERCENT:
            return f"{text} https://host-{number % 400}.example/{number}"
        return f"{text} <em>{self.words[number]}</em>!" if drawn < LINKED_PERCENT + MARKED_PERCENT else text
