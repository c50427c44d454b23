"""The dates of an export as moments in UTC."""

from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

FIRST_YEAR = 1900  # WordPress writes the years 0 and -1 for "never"


def moment(gmt: str, local: str, pub_date: str, zone: tzinfo) -> datetime | None:
    """Return the first date that is one: `gmt`, then `local` in the site's zone, then `pub_date` (RFC 822).

    `0000-00-00 00:00:00` is none; an export does not name its time zone, so the caller does.
    """
    return _parsed(gmt, UTC) or _parsed(local, zone) or _rfc822(pub_date)


def _parsed(text: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
        moment = found.replace(tzinfo=found.tzinfo or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= FIRST_YEAR else None


def _rfc822(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        moment = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment if moment.year >= FIRST_YEAR else None
