"""What an editor does with what an article said before."""

from cms.desk.writes import forget_words
from cms.site import Site


def erase_revision(site: Site, article_id: int, version: int) -> bool:
    """Erase an earlier version of an article for good; tell whether it was there."""
    with site.database.writing() as session:
        found = forget_words(session, article_id, version)
        session.commit()
    return found
