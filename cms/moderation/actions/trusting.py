"""A reader's deed: letting her own comment appear at once, where the newsroom trusts a proved address."""

from datetime import datetime

from sqlmodel import Session

from cms.comments.rules import CommentStatus
from cms.limits import actions as limits
from cms.limits.rules import Visitor
from cms.moderation.actions.ruling import decide_by_policy, is_held_by_policy
from cms.moderation.policies import Said
from cms.moderation.queries.standing import locked_comments
from cms.moderation.queries.trust import Harmless, harmless
from cms.moderation.rules import TRUST_POLICY
from cms.moderation.writes.log import lock_log
from cms.outbox.actions.announcing import announce
from cms.outbox.queries import asked_about, is_proved
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site


def trusted(site: Site, session: Session, comment_id: int, now: datetime) -> Harmless | None:
    """Return the comment if it may appear before a moderator has read it, once its writer has confirmed it.

    An address that somebody typed proves nothing, so she confirms behind a link that only a letter to it holds. Six
    SELECTs at most.
    """
    settings = site.settings
    found = harmless(session, comment_id, now) if settings.trusts_proved else None
    if found is None or found.is_refused or found.approved < settings.trust_from_approved:
        return None
    if found.let_through >= settings.trust_per_article or not is_proved(session, found.email_fingerprint):
        return None
    said = Said(found.article_id, found.name, found.body_text, found.email_fingerprint, found.score)
    if is_held_by_policy(session, said, now):  # one that was made since it came in, too
        return None
    met = limits.ruling_on_comment(site, session, Visitor(), found.article_id, now)
    is_quiet = not met.on_article and not met.retry_after_seconds  # slow; flooded
    return found if is_quiet else None


def confirm(site: Site, letter_mark: str, now: datetime) -> bool:
    """Let the comment appear that a letter asks about, by policy; tell whether readers see it now.

    All that made it trusted is looked at again. The filter learns nothing: only people teach.
    """
    with site.database.writing() as session:
        comment_id = asked_about(session, letter_mark)
        if comment_id is None:
            return False
        comment = locked_comments(session, [comment_id])[comment_id]
        if comment.status is CommentStatus.APPROVED:
            return not comment.is_gone
        lock_log(session)  # before counting, so that no two pass the last place of an article
        if trusted(site, session, comment_id, now) is None:
            return False
        decide_by_policy(session, comment_id, CommentStatus.APPROVED, now, policy=TRUST_POLICY)
        bump(session, [things.article(comment.article_id)])
        announce(site, session, [comment_id], now)
        session.commit()
        return True
