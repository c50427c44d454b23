"""A newsroom that writes letters, as tests drive it: comments come, a moderator decides, time passes."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from cms.comments.models import Comment
from cms.jobs import run_due
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.undoing import undo
from cms.moderation.models import Decision
from cms.moderation.rules import Verdict
from cms.outbox.actions import sending
from cms.outbox.models import Commenter, Letter
from cms.site import Site
from tests.conftest import Clock, application
from tests.factories import send_comment
from tests.outbox.mailbox import Mailbox
from tests.reader import Reader

NOT_YET_DECIDED = 2**62  # as somebody who has seen the whole log


@dataclass
class Correspondence:
    """One article, one moderator, one clock, one mailbox."""

    site: Site
    clock: Clock
    mailbox: Mailbox
    article: int
    cleo: int

    def comment(self, name: str = "Dan", below: int | None = None, **fields: Any) -> int:
        """Send a comment as somebody at example.org, who wishes to hear of replies if she is Dan; return its id."""
        usual = {"name": name, "email": f"{name.lower()}@example.org", "notify": name == "Dan"}
        sent: dict[str, Any] = {**usual, **fields}
        return send_comment(
            self.site,
            sent.pop("article", self.article),
            self.clock(),
            parent_id=below,
            root_id=self._root(below),
            **sent,
        )

    def approve(self, *comments: int, verdict: Verdict = Verdict.APPROVE) -> None:
        """Let Cleo decide about comments."""
        decide(self.site, self.cleo, comments, verdict, "", NOT_YET_DECIDED, self.clock())

    def undo(self, comment: int) -> None:
        """Let Cleo take back what was decided last about a comment."""
        with self.site.database.reading() as session:
            last = session.execute(
                sa.select(sa.func.max(col(Decision.id))).where(col(Decision.comment_id) == comment)
            ).scalar_one()
        undo(self.site, self.cleo, [last], self.clock())

    def post(self, **time_passing: float) -> list[EmailMessage]:
        """Let time pass, and whatever is due by then be sent, as the site's own clock does; return what came."""
        self.clock.advance(**time_passing)
        run_due(self.site, [sending.JOB], self.clock, "the postman")
        return self.mailbox.take_all()

    def published(self, name: str = "Dan", below: int | None = None, **fields: Any) -> int:
        """Send a comment and approve it; return its id."""
        comment = self.comment(name, below, **fields)
        self.approve(comment)
        return comment

    def says(self, letter: EmailMessage, wish: str) -> None:
        """Open a letter's link and press one of the two buttons."""
        reader = Reader(application(self.site, self.clock))
        path = link_in(letter)
        reader.page(path)
        assert reader.post(path, {"wish": wish}).status_code == 303

    def consenting(self, name: str = "Dan", **fields: Any) -> int:
        """Let somebody comment, and say yes to the letter that asks; return the comment's id."""
        comment = self.published(name, **fields)
        (asked,) = self.post(minutes=2)
        self.says(asked, "yes")
        return comment

    def letters(self) -> list[Letter]:
        """Return every row of the outbox."""
        with self.site.database.reading() as session:
            return list(session.exec(select(Letter).order_by(col(Letter.id))))

    def commenters(self) -> list[Commenter]:
        """Return all that is known of the owners of addresses."""
        with self.site.database.reading() as session:
            return list(session.exec(select(Commenter).order_by(col(Commenter.created_at))))

    def _root(self, comment: int | None) -> int | None:
        with self.site.database.reading() as session:
            return session.exec(select(Comment.root_id).where(col(Comment.id) == comment)).one_or_none()


def link_in(letter: EmailMessage) -> str:
    """Return the path of the last link in a letter: the one to the page of wishes."""
    return re.findall(r"https://news\.example\.org(/\S+)", text_of(letter))[-1]


def text_of(letter: EmailMessage) -> str:
    """Return what a letter says."""
    return str(letter.get_content()).replace("\r\n", "\n")
