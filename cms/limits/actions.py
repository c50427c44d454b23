"""Marking a visitor's network without keeping its address, and ruling on how much comes from it."""

import logging
import secrets
from datetime import date, datetime, timedelta

from sqlmodel import Session

from cms.limits import queries, writes
from cms.limits.rules import (
    DEVICES,
    IP,
    KINDS_KEY,
    SLOW_KEY,
    WINDOW,
    Ruling,
    Seen,
    Visitor,
    host_prefix,
    ip_of,
    is_near,
    network_prefix,
    proxy_notice,
    ruling,
)
from cms.site import Site
from cms.vault import Keyed, keyed

SAID_AGAIN = timedelta(days=1)  # the log repeats a wrong setting no sooner
EVERYWHERE = "comments"
_log = logging.getLogger("cms.limits")


def visitor(site: Site, address: str, browser: str, *, is_forwarded: bool, now: datetime) -> Visitor:
    """Return what limits know of who sends something from `address` with a browser that calls itself `browser`.

    What is kept of the two beside the mark is one of DEVICES kinds. No SQL but for a process's first visitor of the
    day: one SELECT, and the site's first writes the day's salt.
    """
    ip = ip_of(address)
    if ip is None:
        return Visitor(is_forwarded=is_forwarded)
    salted = _salted(site, now)
    device = salted(f"device {host_prefix(ip)} {browser}".encode())
    return Visitor(_mark(salted, ip), device[0] % DEVICES, is_near(ip), is_forwarded)


def network_mark(site: Site, address: str, now: datetime) -> str:
    """Return the keyed mark of the network that `address` lies in, 64 hex digits, good for one day; '' for no address.

    Costs SQL as `visitor()` does.
    """
    ip = ip_of(address)
    return "" if ip is None else _mark(_salted(site, now), ip)


def foresee_comment(site: Site, session: Session, who: Visitor, article_id: int) -> None:
    """Announce that this transaction will call `ruling_on_comment()`, with the log locked."""
    if site.settings.rate_limits:
        queries.foresee(session, _keys_looked_at(who, article_id))


def ruling_on_comment(site: Site, session: Session, who: Visitor, article_id: int, now: datetime) -> Ruling:
    """Return how the limits rule on a comment; one SELECT, none if limits are off.

    Whoever stores the comment locks the log before, so that no two comments pass one limit at the same moment. Of several
    that were announced in one transaction only the first costs a SELECT.
    """
    if not site.settings.rate_limits:
        return Ruling()
    keys = _keys_looked_at(who, article_id)
    network, article, kinds, slow, _everywhere = keys
    counts = queries.counts_within(session, keys, now=now)
    seen = Seen(
        from_network=counts.tally(network),
        on_article=counts.tally(article),
        everywhere=counts.tally(EVERYWHERE),
        devices=(counts.kinds(kinds) | 1 << who.device).bit_count(),
        visitor=who,
        is_slowed=counts.is_noted(slow),
    )
    found = ruling(
        seen,
        per_visitor=site.settings.comments_per_ten_minutes,
        per_article=site.settings.article_comments_per_ten_minutes,
    )
    if found.retry_after_seconds:
        site.remembered.refused_comment_at = now
    return found


def may_refuse(site: Site, now: datetime) -> bool:
    """Tell whether it is worth asking for a ruling before a comment is prepared: one was refused in these ten minutes.

    Otherwise hardly any is refused, and a ruling is asked for when the comment is stored.
    """
    refused_at = site.remembered.refused_comment_at
    return refused_at is not None and now - refused_at < WINDOW


def use_once(session: Session, secret: str, ends_at: datetime) -> bool:
    """Note that something good until `ends_at` is used now; tell whether it was still unused."""
    return writes.note_once(session, f"once:{secret}", until=ends_at)


def count_comment(site: Site, session: Session, who: Visitor, article_id: int, now: datetime) -> None:
    """Count a comment that was taken, in the transaction that stores it."""
    if not site.settings.rate_limits:
        return
    network, article, kinds = _keys(who, article_id)
    numbers = {article: 1, EVERYWHERE: 1}
    if who.network_mark:
        numbers |= {network: 1, kinds: 1 << who.device}
    writes.count(session, numbers, now=now)


def seconds_until_report(site: Site, session: Session, who: Visitor, now: datetime) -> int:
    """Return how many seconds a network must wait before it may report another comment, 0 for none; one SELECT."""
    if not site.settings.rate_limits:
        return 0
    key, most = _report_key(who), site.settings.reports_per_ten_minutes
    writes.hold(session, [key])
    tally = queries.counts_within(session, (key,), now=now).tally(key)
    return tally.seconds_until_below(most) if tally.count >= most else 0


def count_report(site: Site, session: Session, who: Visitor, now: datetime) -> None:
    """Count a report, in the transaction that keeps it."""
    if site.settings.rate_limits:
        writes.count(session, {_report_key(who): 1}, now=now)


def notice_proxy(site: Site, session: Session, now: datetime) -> bool:
    """Keep for whoever runs the site that a proxy is not declared; tell whether that is news."""
    return writes.notice(session, proxy_notice(site.settings.trusted_proxies), now=now, again=SAID_AGAIN)


def log_proxy(site: Site) -> None:
    """Say in the log that a proxy is not declared."""
    _log.warning(
        "nearly all comments come from one network: a proxy stands in front that trusted_proxies (now %d) does not"
        " count; limits per network are off until it does",
        site.settings.trusted_proxies,
    )


def _keys(who: Visitor, article_id: int) -> tuple[str, str, str]:
    return _network_key(who), f"article:{article_id}", f"{KINDS_KEY}{who.network_mark}"


def _keys_looked_at(who: Visitor, article_id: int) -> tuple[str, str, str, str, str]:
    return *_keys(who, article_id), f"{SLOW_KEY}{article_id}", EVERYWHERE


def _report_key(who: Visitor) -> str:
    return f"report:{who.network_mark}"


def _network_key(who: Visitor) -> str:
    return f"comment:{who.network_mark}"


def _mark(salted: Keyed, ip: IP) -> str:
    return salted(network_prefix(ip).encode()).hex()


def _salted(site: Site, now: datetime) -> Keyed:
    """Return what marks by the salt of the day, remembered while the day and the key that seals last.

    A flood would ask for it with each post.
    """
    known = (now.date(), site.vault.current)
    if site.remembered.salt is None or site.remembered.salt[:2] != known:
        site.remembered.salt = (*known, keyed(_kept_salt(site, now.date())))
    return site.remembered.salt[2]


def _kept_salt(site: Site, day: date) -> bytes:
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
