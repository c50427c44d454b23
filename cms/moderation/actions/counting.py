"""Counting the comments anew, should what the database keeps up ever be wrong."""

from cms.moderation.writes import count_anew
from cms.site import Site


def recount(site: Site) -> None:
    """Put the numbers of all comments in the place of those that were kept up."""
    with site.database.writing() as session:
        count_anew(session)
        session.commit()
