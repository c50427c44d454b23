"""The numbers of comments: adding up what PostgreSQL has written down, and counting anew should they ever be wrong."""

from datetime import datetime, timedelta

from cms.jobs import Job
from cms.moderation.queries.counts import has_too_many_rows
from cms.moderation.writes import count_anew, merge_counts
from cms.site import Site


def recount(site: Site) -> None:
    """Put the numbers of all comments in the place of those that were kept up."""
    with site.database.writing() as session:
        count_anew(session)
        session.commit()


def is_wanted(site: Site, _now: datetime) -> bool:
    """Tell whether there are so many rows of counts that adding them up would slow the queue down; one SELECT."""
    with site.database.reading() as session:
        return has_too_many_rows(session)


def merge(site: Site, _now: datetime) -> None:
    """Make one row of them."""
    with site.database.writing() as session:
        merge_counts(session)
        session.commit()


JOB = Job("counts", timedelta(seconds=10), merge, is_wanted)
