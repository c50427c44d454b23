"""What is done about accounts: signing in and out, joining, leaving, a new password."""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms.accounts import queries, writes
from cms.accounts.models import Staff
from cms.accounts.queries import Credentials
from cms.accounts.rules import (
    INVITATION_LIVES,
    NAME_MAX_CHARS,
    PASSWORD_MAX_CHARS,
    Refusal,
    Role,
    composed,
    password_refusal,
)
from cms.comments.rules import is_address
from cms.limits import queries as limits
from cms.limits import writes as limit_writes
from cms.outbox.actions.wording import password_secret
from cms.site import Site
from cms.vault import random_mark, secret_hash

SECRET_BYTES = 32  # 256 bits; 128 are asked for (OWASP, session management)
NOBODY = Refusal("Nobody here has that id.")
SEEN_EVERY = timedelta(minutes=1)  # a write a minute and person, not one a page
# Whose it is, the second at which it ends, and what proves both.
_PASSWORD_LINK = re.compile(r"([0-9a-f]{32})([0-9a-f]{8})[0-9a-f]+")
HASHER = PasswordHasher()  # argon2id, 64 MiB, 3 passes: RFC 9106, section 4, second choice


@dataclass(frozen=True, slots=True)
class SignedInNow:
    """Someone has signed in; `secret` is what the browser keeps."""

    staff_id: int
    role: Role
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongCredentials:
    """No such person, no longer here, or another password: nobody is told which."""


@dataclass(frozen=True, slots=True)
class TooManyTries:
    """Too many failed tries from this network or with this address; another may do after so many seconds."""

    retry_after_seconds: int


def sign_in(
    site: Site, email: str, password: str, network_mark: str, now: datetime
) -> SignedInNow | WrongCredentials | TooManyTries:
    """Open a session for whoever the address and the password belong to.

    Takes as long for an unknown address as for a wrong password. Failed tries are counted by network mark and
    by the address's fingerprint; the count is looked at again after the password was compared, so that many
    tries at one moment are no way round it.
    """
    fingerprint = site.vault.fingerprint(email)
    keys = [_tries(mark) for mark in (network_mark, fingerprint) if mark]
    with site.database.reading() as session:
        if wait := _seconds_to_wait(site, session, keys, now):
            return TooManyTries(wait)
        found = queries.credentials(session, fingerprint)
    fits = _matches(found.password_hash if found else _nobodys_hash(), password)
    fresh_hash = _hash(password) if found and fits and HASHER.check_needs_rehash(found.password_hash) else ""
    with site.database.writing() as session:
        limit_writes.hold(session, keys)
        if wait := _seconds_to_wait(site, session, keys, now):
            return TooManyTries(wait)
        if found and fits and queries.credentials(session, fingerprint, for_update=True) == found:
            return _open_session(session, found, fresh_hash, now)
        limit_writes.count(session, dict.fromkeys(keys, 1), now=now)
        session.commit()
    return WrongCredentials()


def sign_out(site: Site, secret: str, now: datetime) -> None:
    """End the session of one browser."""
    with site.database.writing() as session:
        writes.end_session(session, secret_hash(secret), now)
        session.commit()


def note_seen(site: Site, session_id: int, seen_at: datetime, now: datetime) -> None:
    """Note that a session is in use, at most once a minute."""
    if now - seen_at < SEEN_EVERY:
        return
    with site.database.writing() as session:
        writes.mark_seen(session, session_id, now)
        session.commit()


def add_staff(site: Site, name: str, email: str, role: Role, password: str, now: datetime) -> int | Refusal:
    """Take someone on; return the id. The address is sealed and looked up by its fingerprint alone."""
    refusal = _person_refusal(name, email) or password_refusal(composed(password))
    if refusal:
        return refusal
    mark = random_mark()
    person = Staff(
        mark=mark,
        name=name.strip(),
        email_sealed=site.vault.seal(email.strip(), table="staff", mark=mark),
        email_fingerprint=site.vault.fingerprint(email),
        role=role,
        password_hash=_hash(password),
        created_at=now,
    )
    try:
        with site.database.writing() as session:
            staff_id = writes.store_staff(session, person)
            session.commit()
            return staff_id
    except IntegrityError:
        return Refusal("Somebody with this e-mail address is here already.")


def invite(site: Site, name: str, email: str, role: Role, now: datetime) -> int | Refusal:
    """Take someone on whose password nobody knows: she chooses one by the link of `password_path()`; return the id."""
    return add_staff(site, name, email, role, secrets.token_urlsafe(SECRET_BYTES), now)


def password_path(site: Site, staff_id: int, now: datetime) -> str:
    """Return the path at which someone chooses a password, once and within INVITATION_LIVES; '' for who is not here.

    Nothing is kept of it; it is for an admin to hand on. One SELECT.
    """
    with site.database.reading() as session:
        found = queries.credentials_by_id(session, staff_id)
    if found is None:
        return ""
    until = int((now + INVITATION_LIVES).timestamp())
    return f"/letters/{password_secret(site.vault, found.mark, until, found.password_hash)}/password"


def disable_staff(site: Site, staff_id: int, now: datetime) -> Refusal | None:
    """Let someone go: all sessions end at once, and she cannot sign in until somebody has her back."""
    with site.database.writing() as session:
        if not writes.mark_disabled(session, staff_id, now):
            return NOBODY
        writes.end_sessions(session, staff_id, now)
        session.commit()
    return None


def enable_staff(site: Site, staff_id: int) -> Refusal | None:
    """Have someone back: she signs in anew, with the password that she had.

    So whoever was disabled by a slip loses nothing. Where others may know that password, `change_password()` comes first.
    """
    with site.database.writing() as session:
        if not writes.mark_enabled(session, staff_id):
            return NOBODY
        session.commit()
    return None


def change_role(site: Site, staff_id: int, role: Role) -> Refusal | None:
    """Trust someone with another role; what she may do changes with her next request, and she stays signed in."""
    with site.database.writing() as session:
        if not writes.set_role(session, staff_id, role):
            return NOBODY
        session.commit()
    return None


def change_password(site: Site, staff_id: int, password: str, now: datetime) -> Refusal | None:
    """Give someone a new password; all sessions end, since the old one may be known to others."""
    refusal = password_refusal(composed(password))
    if refusal:
        return refusal
    password_hash = _hash(password)
    with site.database.writing() as session:
        if not writes.set_password(session, staff_id, password_hash):
            return NOBODY
        writes.end_sessions(session, staff_id, now)
        session.commit()
    return None


def behind_link(site: Site, secret: str, now: datetime) -> Credentials | None:
    """Return whose password the link of a letter may change, None where it is over; one SELECT."""
    parts = _PASSWORD_LINK.fullmatch(secret)
    if parts is None or int(parts[2], 16) <= now.timestamp():
        return None
    with site.database.reading() as session:
        found = queries.credentials_of(session, parts[1])
    if found is None:
        return None
    expected = password_secret(site.vault, found.mark, int(parts[2], 16), found.password_hash)
    return found if hmac.compare_digest(secret, expected) else None


def reset_password(site: Site, secret: str, password: str, now: datetime) -> bool:
    """Give whoever holds a letter's link the password that she has chosen, once; False where the link is over.

    All sessions end, and wrong passwords that others have tried with her address no longer shut her out. The password
    has to be one that `password_refusal()` takes.
    """
    found = behind_link(site, secret, now)
    if found is None:
        return False
    password_hash = _hash(password)
    with site.database.writing() as session:
        limit_writes.forgive(session, _tries(found.fingerprint))
        if not writes.set_password(session, found.staff_id, password_hash, instead_of=found.password_hash):
            return False
        writes.end_sessions(session, found.staff_id, now)
        session.commit()
    return True


def _tries(mark: str) -> str:
    """Return the key under which wrong passwords from a network, or for an address, are counted."""
    return f"sign-in:{mark}"


def _open_session(session: Session, found: Credentials, fresh_hash: str, now: datetime) -> SignedInNow:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    if fresh_hash:
        writes.set_password(session, found.staff_id, fresh_hash)
    writes.open_session(session, found.staff_id, secret_hash(secret), now)
    session.commit()
    return SignedInNow(found.staff_id, found.role, secret)


def _seconds_to_wait(site: Site, session: Session, keys: list[str], now: datetime) -> int:
    """Return the seconds after which none of `keys` is over its limit, 0 where none is."""
    if not site.settings.rate_limits:
        return 0
    counts, most = limits.counts_within(session, keys, now=now), site.settings.sign_ins_per_ten_minutes
    over = [tally for key in keys if (tally := counts.tally(key)).count >= most]
    return max((tally.seconds_until_below(most) for tally in over), default=0)


def _person_refusal(name: str, email: str) -> Refusal | None:
    if not name.strip() or not name.isprintable():
        return Refusal("The name is empty or holds characters that cannot be shown.")
    if len(name) > NAME_MAX_CHARS:
        return Refusal(f"The name is too long: it takes at most {NAME_MAX_CHARS} characters.")
    if not is_address(email.strip()):
        return Refusal("This is not a complete e-mail address. One looks like name@example.org.")
    return None


def _hash(password: str) -> str:
    return HASHER.hash(composed(password))


def _matches(password_hash: str, password: str) -> bool:
    try:
        # One character too long fits no stored password, and an essay is not worth hashing.
        return HASHER.verify(password_hash, composed(password)[: PASSWORD_MAX_CHARS + 1])
    except VerifyMismatchError:
        return False


@cache
def _nobodys_hash() -> str:
    """Return a hash that no password fits, made once, with which an unknown address takes its time."""
    return HASHER.hash(secrets.token_urlsafe(SECRET_BYTES))
