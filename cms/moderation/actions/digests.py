"""The daily letter to moderators: who wishes for it, and putting it into the outbox once a day."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cms.jobs import Job
from cms.moderation.queries.digests import digest, due_digests
from cms.moderation.writes import staff as writes
from cms.outbox.writes import put_digest
from cms.site import Site


def wish_digest(site: Site, staff_id: int, *, on: bool) -> None:
    """Keep whether somebody wishes for the daily letter."""
    with site.database.writing() as session:
        writes.wish_digest(session, staff_id, on=on)
        session.commit()


def end_digest(site: Site, mark: str) -> None:
    """End the letter to whoever's link this is."""
    with site.database.writing() as session:
        writes.end_digest(session, mark)
        session.commit()


def is_wanted(site: Site, now: datetime) -> bool:
    """Tell whether somebody's letter of today is to be put; one SELECT from the hour of the letter on, none before."""
    if not site.settings.mail_is_on or _local(site, now).hour < site.settings.digest_hour:
        return False
    with site.database.reading() as session:
        return bool(due_digests(session, _local(site, now).date()))


def put_digests(site: Site, now: datetime) -> None:
    """Put the letter of today for everybody who wishes for it, once, where anything waits; all in one transaction.

    The day is noted by compare-and-set, so that of many workers one puts the letter.
    """
    day = _local(site, now).date()
    with site.database.writing() as session:
        is_empty = digest(session, now).is_empty
        for one in due_digests(session, day):
            if writes.note_digest(session, one.staff_id, day) and not is_empty:
                language = site.settings.language
                put_digest(session, one.staff_id, one.email_fingerprint, language=language, now=now)
        session.commit()


JOB = Job("digests", timedelta(minutes=1), put_digests, is_wanted)


def _local(site: Site, now: datetime) -> datetime:
    return now.astimezone(ZoneInfo(site.settings.timezone))
