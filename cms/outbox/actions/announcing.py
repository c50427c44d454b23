"""Putting the letters that a comment causes by coming in and by appearing."""

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


def ask_writer(
    site: Site, session: Session, comment_id: int, fingerprint: str, language: str, now: datetime
) -> None:
    """Put the letter by which its writer may confirm a comment; it leaves only where she is trusted.

    In the transaction that stores the comment, for every address alike: what is known of it is looked up by the
    sender, so that nothing which the public can see or measure depends on it.
    """
    if site.settings.trusts_proved:
        writes.put_to_confirm(session, comment_id, fingerprint, language=language, now=now)
