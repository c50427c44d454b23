"""Proving an address by a link in a letter that works once."""

import secrets
from datetime import datetime, timedelta

from sqlmodel import Session

from cms.outbox import queries as outbox
from cms.outbox import writes as letters_out
from cms.outbox.actions.wording import letter_text, voice
from cms.outbox.queries import DueLetter
from cms.outbox.rules import Message
from cms.privacy import writes
from cms.privacy.models import MyCommentsLink
from cms.privacy.queries.my_comments import fingerprint_behind_link, is_known
from cms.privacy.rules import LETTERS_A_DAY, LINK_LIVES, PAGE_LIVES, SECRET_BYTES
from cms.site import Site
from cms.vault import secret_hash


def compose(site: Site, session: Session, letters: tuple[DueLetter, ...], now: datetime) -> Message | None:
    """Write the letter with a new link; None where the address is unknown or has had LETTERS_A_DAY. Three statements."""
    letter = letters[0]
    if not is_known(session, letter.email_fingerprint):
        return None
    if outbox.count_sent(session, letter, now, timedelta(days=1)) >= LETTERS_A_DAY:
        return None
    secret = _new_secret()
    writes.store_link(
        session,
        MyCommentsLink(
            secret_hash=secret_hash(secret),
            email_fingerprint=letter.email_fingerprint,
            language=letter.language,
            made_at=now,
            ends_at=now + LINK_LIVES,
        ),
    )
    speaker = voice(site, letter.language)
    paper = site.settings.site_name
    return Message(
        subject=speaker.say("Your comments at %(site)s", site=paper),
        text=letter_text(
            speaker.say(
                "Somebody asked to see the comments that were sent to %(site)s with this email address.",
                site=paper,
            ),
            speaker.say("If that was you, open this link and press the button. It works once, for 24 hours:"),
            f"{site.settings.base_url}/my-comments/{secret}?language={letter.language}",
            speaker.say("If it was not you, do nothing: nobody else has this link."),
        ),
    )


def open_link(site: Site, secret: str, now: datetime) -> str | None:
    """Use up a letter's link; return the secret of the page that it opens for PAGE_LIVES, None for a used or old link.

    Whoever has the link has read a letter to the address, so the address counts as proved.
    """
    page_secret = _new_secret()
    with site.database.writing() as session:
        fingerprint = fingerprint_behind_link(session, secret_hash(secret))
        if fingerprint is None:
            return None
        letters_out.prove(session, fingerprint, now)
        page_hash = secret_hash(page_secret)
        if not writes.open_link(session, secret_hash(secret), page_hash, now, now + PAGE_LIVES):
            return None  # and nothing is proved: this transaction is not committed
        session.commit()
    return page_secret


def _new_secret() -> str:
    return secrets.token_hex(SECRET_BYTES)
