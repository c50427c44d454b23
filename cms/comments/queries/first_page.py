"""The first page of an article's comments, remembered until the article changes."""

from functools import lru_cache

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.queries.thread import VisibleThread, visible_thread
from cms.pages import rules as things
from cms.pages.models import Version
from cms.storage.prebuilt import Prebuilt, expect

REMEMBERED = 16  # first pages of 60 KB; of 1 MB where a hundred people each wrote all that fits, in Urdu
_NEWEST = Prebuilt(
    sa.select(sa.func.max(col(Version.number)).label("number")).where(
        col(Version.thing).in_([sa.bindparam("article"), sa.literal(things.SITE)])
    )
)


def first_page(session: Session, article_id: int, *, size: int) -> VisibleThread:
    """Return what `visible_thread()` does from the first thread on; one SELECT, and its own after a change."""
    newest = _NEWEST.all(session, {"article": things.article(article_id)})[0].number
    place = _place(session.get_bind().engine, article_id, size, newest)
    if not place:
        place.append(visible_thread(session, article_id, after=None, size=size))
    return place[0]


def expect_first_page(session: Session, article_id: int) -> None:
    """Let PostgreSQL tell with the next question whether an article's first page of comments is remembered."""
    expect(session, {"article": things.article(article_id)}, _NEWEST)


# By the number of the newest change of article and site, read in the same transaction: what is shown of comments changes
# by none other, or kept pages would be stale too. A sixth of what an article with 50 comments took was to read its rows,
# to sort them and to find their blocks (measured).
@lru_cache(maxsize=REMEMBERED)
def _place(_database: sa.Engine, _article_id: int, _size: int, _newest: int | None) -> list[VisibleThread]:
    """Return where a first page is put that is remembered; empty until it is."""
    return []
