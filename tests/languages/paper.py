"""A paper in which nothing but the program's own words could be English."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask

from cms.articles.models import ArticleStatus
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.factories import hire, send_comment, write_article
from tests.reader import Reader

NEWEST = 10**9  # a decision made on the state of this moment
STORY = "/articles/story"


@dataclass(frozen=True)
class Words:
    """What people write in one language: no letter of it is Latin."""

    language: str
    title: str
    author: str
    reader: str


URDU = Words("ur", "پل کا چائے خانہ", "ثنا", "دانش")
ARABIC = Words("ar", "مقهى الجسر", "سناء", "دانيال")


@dataclass
class Paper:
    """A site whose articles are in one language; each method returns what a reader gets to see."""

    site: Site
    app: Flask
    now: datetime
    words: Words

    def __post_init__(self) -> None:
        """Publish three articles by one author on one subject."""
        self.moderator = 0
        self.write("older", days_ago=3)
        self.story = self.write("story", days_ago=2, updated_at=self.now - timedelta(minutes=1))
        self.write("newer", days_ago=1)

    def discuss(self) -> None:
        """Put a comment and a reply to it under the story."""
        first = self.comment("۱")
        self.decide(first, Verdict.APPROVE)
        self.decide(self.comment("۲", parent_id=first, root_id=first), Verdict.APPROVE)

    def write(self, slug: str, **fields: object) -> int:
        """Publish an article; return its id."""
        row = {
            "slug": slug,
            "language": self.words.language,
            "authors": [self.words.author],
            "tags": [self.words.title],
            "standfirst": self.words.title,
            "body": f"<p>{self.words.title}</p>",
        }
        return write_article(self.site, self.words.title, self.now, **{**row, **fields})

    def comment(self, text: str, **fields: object) -> int:
        """Send a comment under the story by the real action; return its id."""
        sent = {"name": self.words.reader, "language": self.words.language, **fields}
        return send_comment(self.site, self.story, self.now, text=f"{self.words.title} {text}", **sent)

    def decide(self, comment: int, verdict: Verdict, reason: str = "") -> None:
        """Let the moderator decide."""
        self.moderator = self.moderator or hire(self.site, "Cleo", self.now)
        decide(self.site, self.moderator, [comment], verdict, reason, NEWEST, self.now)

    def get(self, path: str) -> str:
        """Fetch a page, whatever its status."""
        return Reader(self.app).get(path).text

    def get_discussed(self, query: str = "") -> str:
        """Fetch the story with a comment and a reply to it."""
        self.discuss()
        return self.get(f"{STORY}{query}")

    def get_closed(self) -> str:
        """Fetch an article that takes no comments."""
        self.write("closed", comments_open=False)
        return self.get("/articles/closed")

    def send(self, **fields: str) -> str:
        """Fill in the story's form and send it; return the page that answers."""
        return Reader(self.app).comment(STORY, **{**self._typed(), **fields}).text

    def send_from_elsewhere(self) -> str:
        """Send the story's form as another site would; return the page that answers."""
        return Reader(self.app, origin="cross-site").comment(STORY, **self._typed()).text

    def receipt(self) -> str:
        """Send a comment; return the address of its receipt."""
        answer = Reader(self.app).comment(STORY, **self._typed())
        assert answer.status_code == 303, answer.text
        return answer.location

    def retract(self) -> None:
        """Publish an article and take it back."""
        self.write("taken-back", status=ArticleStatus.RETRACTED)

    def _typed(self) -> dict[str, str]:
        return {"name": self.words.reader, "email": "dan@example.org", "comment": self.words.title}
