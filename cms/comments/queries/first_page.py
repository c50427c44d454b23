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
    slot = _slot(session.get_bind().engine, article_id, size, newest)
    if not slot:
        slot.append(visible_thread(session, article_id, after=None, size=size))
    return slot[0]


def expect_first_page(session: Session, article_id: int) -> None:
    """Let the next question bring along, on PostgreSQL, whether the remembered first page of an article still holds."""
    expect(session, {"article": things.article(article_id)}, _NEWEST)


# A first page is remembered by the number of the newest change of its article and of the site, which is read in the
# same transaction. No other change alters the comments that are shown, or kept pages would be stale too. To read the
# rows, sort them and find their blocks took a sixth of the time of an article with 50 comments (measured).
@lru_cache(maxsize=REMEMBERED)
def _slot(_database: sa.Engine, _article_id: int, _size: int, _newest: int | None) -> list[VisibleThread]:
    """Return the list that holds the remembered first page; it is empty until the page is made."""
    return []
