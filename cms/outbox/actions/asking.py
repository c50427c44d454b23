"""The letter that asks whether somebody wishes to hear of replies."""

from datetime import datetime

from sqlmodel import Session

from cms.comments.queries.answered import wishing
from cms.outbox import writes
from cms.outbox.actions.wording import letter_text, stop_path, voice, wish_path
from cms.outbox.queries import DueLetter
from cms.outbox.rules import Message, may_ask
from cms.site import Site


def compose(site: Site, session: Session, letters: tuple[DueLetter, ...], now: datetime) -> Message | None:
    """Ask, unless she has answered, was asked enough, or her comment is gone again; a write and two SELECTs."""
    letter = letters[0]
    known = writes.know(session, letter.email_fingerprint, now)
    if not may_ask(known, now) or not wishing(session, [letter.comment_id or 0]):
        return None
    speaker = voice(site, letter.language)
    paper = site.settings.site_name
    link = site.settings.base_url + wish_path(site.vault, known.mark, letter.language)
    return Message(
        subject=speaker.say("Shall we email you when somebody replies?"),
        text=letter_text(
            speaker.say(
                "Somebody commented at %(site)s with this email address, and asked for an email when somebody replies.",
                site=paper,
            ),
            speaker.say("If that was you, confirm it here:"),
            link,
            speaker.say(
                "If it was not you, or you have changed your mind, do nothing, or say no behind the same link. Then no such email will come."
            ),
        ),
        stop_path=stop_path(site.vault, known.mark, letter.language),
    )
