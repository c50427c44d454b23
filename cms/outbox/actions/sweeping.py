"""Taking away what is left of letters."""

from datetime import datetime, timedelta

from cms.jobs import Job
from cms.outbox import writes
from cms.site import Site


def sweep(site: Site, now: datetime) -> None:
    """Take away what is left of letters that ended a week ago."""
    with site.database.writing() as session:
        writes.sweep(session, now)
        session.commit()


JOB = Job("letter sweep", timedelta(hours=6), sweep)
