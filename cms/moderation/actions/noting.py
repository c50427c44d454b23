"""A moderator's deed: telling her colleagues something about a comment or a commenter, and taking that back."""

from dataclasses import dataclass
from datetime import datetime

from cms.moderation.models import Note
from cms.moderation.queries.notes import author_of, fingerprint_of
from cms.moderation.writes.staff import drop_note, store_note
from cms.site import Site


@dataclass(frozen=True, slots=True)
class NobodyKnown:
    """The refusal of a note about whoever wrote a comment: her address is not known, or forgotten."""


def note(
    site: Site, staff_id: int, comment_id: int, words: str, now: datetime, *, about_commenter: bool
) -> int | NobodyKnown | None:
    """Keep a note about a comment, or about whoever wrote it; return its id, or None where there is no such comment."""
    with site.database.writing() as session:
        fingerprint = fingerprint_of(session, comment_id)
        if fingerprint is None:
            return None
        if about_commenter and not fingerprint:
            return NobodyKnown()
        about = {"email_fingerprint": fingerprint} if about_commenter else {"comment_id": comment_id}
        note_id = store_note(session, Note(**about, staff_id=staff_id, body_text=words, at=now))
        session.commit()
        return note_id


def take_back_note(site: Site, staff_id: int, note_id: int, *, is_admin: bool) -> bool | None:
    """Take a note away for good; False where it is somebody else's and she is no admin, None where there is none."""
    with site.database.writing() as session:
        author = author_of(session, note_id)
        if author is None:
            return None
        if author != staff_id and not is_admin:
            return False
        drop_note(session, note_id)
        session.commit()
        return True
