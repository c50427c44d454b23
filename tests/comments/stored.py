"""What the database holds of comments, as tests look at it."""

from sqlmodel import col, select

from cms.comments.models import Comment, HoldReason
from cms.moderation.models import Decision
from cms.site import Site


def stored(site: Site) -> list[Comment]:
    """Return every comment, oldest first."""
    with site.database.reading() as session:
        return list(session.exec(select(Comment).order_by(col(Comment.id))))


def only(site: Site) -> Comment:
    """Return the one comment that there is."""
    (comment,) = stored(site)
    return comment


def held_because(site: Site) -> set[str]:
    """Return the codes of every stored reason."""
    with site.database.reading() as session:
        return {str(code) for code in session.exec(select(col(HoldReason.code)))}


def deeds(site: Site, comment_id: int) -> list[str]:
    """Return what the log says was done to a comment, in order."""
    with site.database.reading() as session:
        chosen = select(col(Decision.deed)).where(col(Decision.comment_id) == comment_id)
        return [str(deed) for deed in session.exec(chosen.order_by(col(Decision.id)))]
