"""Marking a visitor's network without keeping its address."""

import hashlib
import hmac
import secrets
from datetime import datetime

from cms.limits import queries, writes
from cms.limits.rules import network_prefix
from cms.site import Site


def network_mark(site: Site, address: str, now: datetime) -> str:
    """Return the keyed mark of the network that `address` lies in, 64 hex digits, good for one day; '' for no address.

    One SELECT; the day's first visitor also writes the day's salt.
    """
    prefix = network_prefix(address)
    if not prefix:
        return ""
    salt = _salt_of_the_day(site, now)
    return hmac.new(salt, prefix.encode(), hashlib.sha256).hexdigest()


def _salt_of_the_day(site: Site, now: datetime) -> bytes:
    day = now.date()
    with site.database.reading() as session:
        sealed = queries.sealed_salt(session, day)
    if sealed is None:
        fresh = site.vault.seal(secrets.token_hex(32), table="daily_salt", mark=day.isoformat())
        with site.database.writing() as session:
            writes.keep_salt(session, day, fresh)
            sealed = queries.sealed_salt(session, day)
            session.commit()
    if sealed is None:  # just written, or there before
        raise RuntimeError("the day has no salt")
    return bytes.fromhex(site.vault.unseal(sealed, table="daily_salt", mark=day.isoformat()))
