"""Sending letters: claimed by a lease, worded, handed to the mail server, noted.

Each step is a transaction of its own, and none is open while the server is asked. A letter goes out twice only where
a process dies, or the connection breaks, after the server has taken it and before that is noted (RFC 1047 tells why
nobody can close that gap); both copies bear the same Message-ID, by which many mailboxes show one.
"""

import logging
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cms import logs
from cms.jobs import Job
from cms.outbox import queries, writes
from cms.outbox.actions.composing import COMPOSERS
from cms.outbox.actions.posting import LetterRefused, Post, PutOff, ServerAway
from cms.outbox.envelope import Envelope, Sender, envelope, sender_of
from cms.outbox.queries import DueLetter
from cms.outbox.rules import CEILINGS, LetterKind, Message, is_hopeless, pause_after
from cms.site import Site

RUN_SECONDS = 60.0  # after which no further letter is begun, so that a run ends well within its job's lease
_log = logging.getLogger("cms.outbox")


def is_wanted(site: Site, now: datetime) -> bool:
    """Tell whether a letter may leave now; at most two SELECTs, none while mail is off."""
    if not site.settings.mail_is_on or site.vault_or_none is None:
        return False
    with site.database.reading() as session:
        return queries.is_anything_due(session, now, per_hour=site.settings.letters_per_hour)


def send_due(site: Site, now: datetime) -> int:
    """Send every letter that is due, for RUN_SECONDS at most; return how many left.

    Raises ServerAway where the mail server takes none at all: then no letter has lost an attempt.
    """
    if site.settings.trusts_proved:
        _drop_unproved(site)
    sent, until = 0, time.monotonic() + RUN_SECONDS
    with Post(site.settings) as post:
        while time.monotonic() < until and (letters := _claim(site, now)):
            sent += _send(site, post, letters, now)
    return sent


JOB = Job("letters", timedelta(seconds=5), send_due, is_wanted)


def _drop_unproved(site: Site) -> None:
    with site.database.writing() as session:
        writes.hold(session)
        writes.drop_unproved(session)
        session.commit()


def _claim(site: Site, now: datetime) -> tuple[DueLetter, ...]:
    with site.database.writing() as session:
        writes.hold(session)
        letters = queries.next_due(session, now, per_hour=site.settings.letters_per_hour)
        if letters:
            writes.lease(session, _ids(letters), now)
            session.commit()
        return letters


def _send(site: Site, post: Post, letters: tuple[DueLetter, ...], now: datetime) -> bool:
    """Send one letter, and note whatever comes of it; True where it left."""
    try:
        message, letters = _word(site, letters, now)
        if message is None:
            return False
        post.deliver(_enclose(site, letters[0], message, now), _sender(site).address)
    except ServerAway:
        _give_back(site, letters)
        raise
    except LetterRefused as refusal:
        _give_up(site, letters, str(refusal), now)
    except PutOff as answer:
        _put_off(site, letters, str(answer), now)
    except Exception as error:  # this letter cannot be written; the others can
        logs.write_failed_job(f"letter {letters[0].id}", error)
        _put_off(site, letters, type(error).__name__, now)
    else:
        _note_sent(site, letters, now)
        return True
    return False


def _word(
    site: Site, letters: tuple[DueLetter, ...], now: datetime
) -> tuple[Message | None, tuple[DueLetter, ...]]:
    """Return the words for letters that go together, and those for which they speak; the others are dropped."""
    first = letters[0]
    with site.database.writing() as session:
        message = None
        ceilings = CEILINGS.get(first.kind, ())
        if all(queries.count_sent(session, first, now, within) < most for most, within in ceilings):
            message = COMPOSERS[first.kind](site, session, letters, now)
        told = () if message is None else message.tells or tuple(_ids(letters))
        writes.drop(session, [letter.id for letter in letters if letter.id not in told])
        session.commit()
    return message, tuple(letter for letter in letters if letter.id in told)


def _enclose(site: Site, letter: DueLetter, message: Message, now: datetime) -> Envelope:
    """Return the message in its envelope: the one moment at which the address is plain.

    Raises LetterRefused where it has been forgotten meanwhile.
    """
    with site.database.reading() as session:
        sealed = queries.sealed_to(session, letter)
    if sealed is None:
        raise LetterRefused("no address")
    to = site.vault.unseal(sealed.sealed, table=sealed.table, mark=sealed.mark)
    message_id = site.vault.digest("letter message", letter.mark)[:32]
    one_click = bool(message.stop_path) and site.settings.secure_cookies  # RFC 8058, section 3.1: https only
    stop_url = site.settings.base_url + message.stop_path if one_click else ""
    return envelope(message, to, _sender(site), message_id, now, stop_url)


def _note_sent(site: Site, letters: tuple[DueLetter, ...], now: datetime) -> None:
    with site.database.writing() as session:
        if letters[0].kind is LetterKind.OPT_IN:
            writes.note_asked(session, letters[0].email_fingerprint, now)
        writes.end(session, _ids(letters), now, sent=letters[0].id)
        session.commit()


def _give_back(site: Site, letters: tuple[DueLetter, ...]) -> None:
    with site.database.writing() as session:
        writes.release(session, _ids(letters))
        session.commit()


def _put_off(site: Site, letters: tuple[DueLetter, ...], why: str, now: datetime) -> None:
    attempts = letters[0].attempts + 1
    if is_hopeless(attempts, letters[0].created_at, now):
        _give_up(site, letters, why, now)
        return
    with site.database.writing() as session:
        writes.put_off(session, _ids(letters), now + pause_after(attempts))
        session.commit()


def _give_up(site: Site, letters: tuple[DueLetter, ...], why: str, now: datetime) -> None:
    _log.warning("letter %d (%s) was given up: %s", letters[0].id, letters[0].kind, why)
    with site.database.writing() as session:
        writes.end(session, _ids(letters), now, sent=None)
        session.commit()


def _sender(site: Site) -> Sender:
    host = urlsplit(site.settings.origin).hostname or "localhost"
    return sender_of(site.settings.mail_from, site.settings.site_name, host)


def _ids(letters: tuple[DueLetter, ...]) -> list[int]:
    return [letter.id for letter in letters]
