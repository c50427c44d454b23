"""The letter by which someone of staff gives herself a new password."""

from datetime import datetime

from sqlmodel import Session

from cms.accounts.queries import credentials
from cms.accounts.rules import PASSWORD_LINK_LIVES
from cms.outbox import writes
from cms.outbox.actions.wording import letter_text, password_secret, voice
from cms.outbox.queries import DueLetter
from cms.outbox.rules import Message
from cms.site import Site


def compose(site: Site, session: Session, letters: tuple[DueLetter, ...], now: datetime) -> Message | None:
    """Write the letter with a new link if the address is that of someone who works here; a SELECT and a write.

    It goes to the address that is stored of her: what somebody typed may be another that is compared as the same.
    """
    letter = letters[0]
    found = credentials(session, letter.email_fingerprint)
    if found is None:
        return None
    writes.send_to_staff(session, letter.id, found.staff_id)
    until = int((now + PASSWORD_LINK_LIVES).timestamp())
    secret = password_secret(site.vault, found.mark, until, found.password_hash)
    speaker, paper = voice(site, letter.language), site.settings.site_name
    return Message(
        subject=speaker.say("A new password at %(site)s", site=paper),
        text=letter_text(
            speaker.say("Somebody asked for a new password for your account at %(site)s.", site=paper),
            speaker.say("If that was you, open this link and choose one. It works once, for an hour:"),
            f"{site.settings.base_url}/letters/{secret}/password",
            speaker.say("If it was not you, do nothing: your password stays, and nobody else has this link."),
        ),
    )
