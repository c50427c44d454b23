"""The numbers of comments: adding up what PostgreSQL has written down, and counting anew should they ever be wrong."""

from datetime import datetime, timedelta

from cms.jobs import Job
from cms.moderation.queries.counts import has_too_many_rows, miscounted
from cms.moderation.writes.counts import correct_counts, merge_counts
from cms.site import Site


def recount(site: Site) -> None:
    """Count all comments, and correct the numbers that were kept up.

    By how much they were wrong is found out by reading, so that others write meanwhile: each writes down what it
    changes, and changes nothing of that.
    """
    with site.database.reading() as session:
        wrong = miscounted(session)
    with site.database.writing() as session:
        correct_counts(session, wrong)
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
