"""Putting the letters that a comment causes by appearing."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from cms.outbox import writes
from cms.site import Site


def announce(site: Site, session: Session, ids: Collection[int], now: datetime) -> None:
    """Put the letters that these comments cause, which were not visible before; those that are not now cause none.

    In the transaction of whatever made them visible. Nothing is asked while mail is off.
    """
    if site.settings.mail_is_on and ids:
        writes.put_about_shown(session, ids, now)
