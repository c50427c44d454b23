"""What the holder of a receipt may do with one button: withdraw the comment, ask for a second look."""

from collections.abc import Sequence
from datetime import datetime

from cms.comments.rules import CommentStatus
from cms.comments.writes import changing
from cms.moderation.queries.standing import locked_comments, newest_entries
from cms.moderation.rules import EntryKind
from cms.moderation.writes.log import unsigned_entry, write_decision
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site

RECEIPT_DIGITS = 40  # 160 bits; 128 are asked for


def withdraw(site: Site, comment_ids: Sequence[int], now: datetime) -> None:
    """Withdraw comments that are there, each with its log entry, all or none."""
    public = set()
    with site.database.writing() as session:
        # What a page said may be over: on PostgreSQL a moderator can decide before this lock is held.
        for comment in locked_comments(session, comment_ids).values():
            if changing.mark_withdrawn(session, comment.id, now):
                left = comment.status
                write_decision(session, unsigned_entry(comment.id, EntryKind.WITHDRAWN, left, left, now))
                if left is CommentStatus.APPROVED:
                    public.add(things.article(comment.article_id))
        bump(session, public)
        session.commit()


def ask_second_look(site: Site, comment_id: int, now: datetime) -> bool:
    """Send a rejected comment to the escalation list, once for ever; False where that cannot be.

    The entry carries the rejection's reason on, which her receipt goes on giving.
    """
    with site.database.writing() as session:
        rejected = locked_comments(session, [comment_id])[comment_id].status
        if not changing.ask_second_look(session, comment_id, now):
            return False
        asked = unsigned_entry(comment_id, EntryKind.ASKED, rejected, rejected, now)
        asked.reason = newest_entries(session, [comment_id])[comment_id].entry.reason
        write_decision(session, asked)
        session.commit()
        return True


def receipt_secret(site: Site, mark: str) -> str:
    """Return the secret of the receipt of the comment with this mark."""
    return site.vault.digest("receipt", mark)[:RECEIPT_DIGITS]
