"""A moderator's deed: reading a card, so that her colleagues take another."""

from datetime import datetime

from cms.moderation.queries.presence import is_noted
from cms.moderation.writes.staff import note_reading
from cms.site import Site


def read(site: Site, staff_id: int, comment_id: int, now: datetime) -> None:
    """Note that somebody reads a card; a transaction only where that is news, or ten seconds old."""
    with site.database.reading() as session:
        if is_noted(session, staff_id, comment_id, now):
            return
    with site.database.writing() as session:
        note_reading(session, staff_id, comment_id, now)
        session.commit()
