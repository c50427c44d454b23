"""A reader's deed: saying whether she wishes letters about replies."""

from datetime import datetime

from cms.outbox import writes
from cms.outbox.rules import Wish
from cms.site import Site


def answer(site: Site, mark: str, wish: Wish, now: datetime) -> None:
    """Note what the commenter with this mark says; nothing where she has been erased since."""
    with site.database.writing() as session:
        writes.answer(session, mark, wish, now)
        session.commit()
