"""How often one visitor may do a thing, from pure numbers."""

import ipaddress
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=10)


def network_prefix(address: str) -> str:
    """Return the network of an IP address, /24 or /48, or '' for what is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def window_start(now: datetime) -> datetime:
    """Return when the window that holds `now` began."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def sliding_count(previous: int, present: int, now: datetime) -> float:
    """Return how often a thing was done in the ten minutes before `now`, from two fixed windows.

    The earlier window counts by the share of it that still lies within the ten minutes.
    """
    passed = (now - window_start(now)) / WINDOW
    return previous * (1 - passed) + present


def retry_after_seconds(now: datetime) -> int:
    """Return the seconds after which a refused visitor may well try again."""
    return int((window_start(now) + WINDOW - now).total_seconds()) + 1
