"""Comments are cleaned anew while others write, and nobody's new text is overwritten."""

import pytest
import sqlalchemy as sa

from cms.comments.actions import recleaning
from cms.comments.models import Comment
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import START
from tests.factories import send_comment, write_article

pytestmark = pytest.mark.both_engines


def test_others_write_while_comments_are_cleaned(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write_article(site, "The ferry", START)
    first = send_comment(site, 1, START, text="It was late.")
    second = send_comment(site, 1, START, text="It was on time.")

    def clean(text: str) -> str:
        if text == "It was late.":
            _change(site, second, body_text="It never came.", body_html="<p>It never came.</p>")
        return f"<p><em>{text}</em></p>"

    monkeypatch.setattr(recleaning.sanitize, "comment_html", clean)
    assert recleaning.reclean(site) == 1
    texts = {one.id: one.body_html for one in stored(site)}
    assert texts == {first: "<p><em>It was late.</em></p>", second: "<p>It never came.</p>"}


def _change(site: Site, comment: int, **said: str) -> None:
    with site.database.writing() as session:
        session.execute(sa.update(Comment).where(Comment.id == comment).values(said))
        session.commit()
