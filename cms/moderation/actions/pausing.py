"""A moderator's deed: closing an article's comments for a time, slowing them down, opening them again."""

from datetime import datetime
from enum import StrEnum

from cms.limits import writes as limits
from cms.moderation.models import Pause
from cms.moderation.pauses import PauseKind
from cms.moderation.queries.pauses import paused_article
from cms.moderation.writes import pauses as writes
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site


class Paused(StrEnum):
    """What became of it."""

    DONE = "done"
    NOT_HERE = "not_here"
    LATE = "late"  # somebody else did something since the page was made


def pause(
    site: Site,
    staff_id: int,
    article_id: int,
    kind: PauseKind,
    until: datetime | None,
    *,
    seen: int,
    now: datetime,
) -> Paused:
    """Close or slow down an article's comments until a moment, or (None) no longer, as somebody who saw entry `seen`.

    It ends by itself: whoever reads or writes compares the moment with the clock.
    """
    with site.database.writing() as session:
        if not writes.lock_article(session, article_id):
            return Paused.NOT_HERE
        article = paused_article(session, article_id, now)
        if article is None or article.newest != seen:
            return Paused.LATE
        if kind is PauseKind.CLOSED:
            writes.close_until(session, article_id, until)
        else:
            limits.slow_down(session, article_id, until)
        entry = Pause(article_id=article_id, kind=kind, until=until, staff_id=staff_id, at=now)
        writes.note_pause(session, entry)
        bump(session, [things.article(article_id)])
        session.commit()
        return Paused.DONE
