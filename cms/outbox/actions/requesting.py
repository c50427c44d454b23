"""Asking for a letter to an address, which shows that it is one's own."""

from datetime import datetime

from cms.limits import queries as limits
from cms.limits import writes as limit_writes
from cms.outbox import writes
from cms.outbox.rules import REQUESTS_PER_TEN_MINUTES, LetterKind
from cms.site import Site


def request_letter(
    site: Site, kind: LetterKind, email: str, network_mark: str, language: str, now: datetime
) -> int:
    """Put a letter to an address that somebody has typed; return 0, or the seconds after which she may ask again.

    Nothing is looked up by the address, so that known and unknown ones take the same time and write the same.
    """
    key = f"{kind.value.replace('_', '-')}:{network_mark}"
    with site.database.writing() as session:
        if site.settings.rate_limits and network_mark:
            limit_writes.hold(session, [key])
            tally = limits.counts_within(session, [key], now=now).tally(key)
            if tally.count >= REQUESTS_PER_TEN_MINUTES:
                return tally.seconds_until_below(REQUESTS_PER_TEN_MINUTES)
            limit_writes.count(session, {key: 1}, now=now)
        writes.put_to_address(session, site.vault, kind, email, language=language, now=now)
        session.commit()
    return 0
