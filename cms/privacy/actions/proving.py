"""Showing that an address is one's own: a letter to it is asked for, and its link is opened once."""

import secrets
from datetime import datetime, timedelta

from sqlmodel import Session

from cms.limits import queries as limits
from cms.limits import writes as limit_writes
from cms.outbox import queries as outbox
from cms.outbox import writes as letters_out
from cms.outbox.actions.wording import letter_text, voice
from cms.outbox.queries import DueLetter
from cms.outbox.rules import LetterKind, Message
from cms.privacy import writes
from cms.privacy.models import MyCommentsLink
from cms.privacy.queries.doors import address_behind, is_known
from cms.privacy.rules import ASKED_PER_TEN_MINUTES, LETTERS_A_DAY, LINK_LIVES, PAGE_LIVES, SECRET_BYTES
from cms.site import Site
from cms.vault import secret_hash


def ask(site: Site, email: str, network_mark: str, language: str, now: datetime) -> int:
    """Put a letter to an address that somebody has typed; return 0, or the seconds after which she may ask again.

    Nothing is looked up by the address, so that known and unknown ones take the same time and write the same.
    """
    key = f"my-comments:{network_mark}"
    with site.database.writing() as session:
        if site.settings.rate_limits and network_mark:
            limit_writes.hold(session, [key])
            tally = limits.counts_within(session, [key], now=now).tally(key)
            if tally.count >= ASKED_PER_TEN_MINUTES:
                return tally.seconds_until_below(ASKED_PER_TEN_MINUTES)
            limit_writes.count(session, {key: 1}, now=now)
        letters_out.put_to_address(
            session, site.vault, LetterKind.MY_COMMENTS, email, language=language, now=now
        )
        session.commit()
    return 0


def compose(site: Site, session: Session, letters: tuple[DueLetter, ...], now: datetime) -> Message | None:
    """Write the letter with a new link, unless nothing is kept of the address or it has had enough; three statements."""
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
    """Use a letter's link up; return the secret of the page that it opens for PAGE_LIVES, None where it is over.

    Whoever presses the button has read a letter to the address, so it counts as proved.
    """
    page_secret = _new_secret()
    with site.database.writing() as session:
        fingerprint = address_behind(session, secret_hash(secret))
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
