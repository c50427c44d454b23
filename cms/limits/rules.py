"""How often one visitor may do a thing, from pure numbers."""

import ipaddress
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=10)
# Kinds told apart: enough to see that many people share a network, too few to know one of them by.
DEVICES = 16
_ROUNDING = 1e-6  # seconds by which a moment that was reckoned may lie before the true one
KINDS_KEY = "kinds:"  # begins the key of a set; every other key counts
# Begins the key of an article that somebody has slowed down, noted at the moment when that ends.
SLOW_KEY = "slow:"
SHARED_FROM = 3  # kinds of device from which a network is one that people share; one person has two
SHARED_TIMES = 10  # times a visitor's limit that a shared network may send, held, before it is refused
SLOW_SHARE = 5  # an article in slow mode takes a fifth of what it takes otherwise from one visitor
FLOOD_TIMES = 5  # times the comments of a slow article from which one is flooded
FLOOD_TIMES_EVERYWHERE = 20  # the same for all articles together: 1,200 in ten minutes come of no debate
FLOOD_WELCOME = 1  # comments that are still taken there from one visitor: a first one
PROXY_FROM = 30  # comments from which "nearly all of them" says something
# The same where they come from this machine or its own network, as no public reader does.
PROXY_NEAR_FROM = 10
PROXY_SHARE = 0.9  # nearly all
PROXY_DEVICES = DEVICES // 2  # so many kinds do not sit behind one line without a proxy
IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NEAR = tuple(  # RFC 1918, RFC 4193, RFC 3927 and this machine; `is_private` would add every reserved network
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends something, as far as limits need to know.

    `network_mark` is '' where there is no address; `device` is one of DEVICES kinds; `is_near` says that the
    address is this machine's or a private one; `is_forwarded`, that a proxy speaks for somebody and is not believed.
    """

    network_mark: str = ""
    device: int = 0
    is_near: bool = False
    is_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a thing was done: in the window of a moment, of which the share `passed` is over, and in the one before."""

    previous: int = 0
    present: int = 0
    passed: float = 0.0

    @property
    def count(self) -> float:
        """How often it was done in the ten minutes before; the earlier window counts by what still lies in them."""
        return self.previous * (1 - self.passed) + self.present

    def seconds_until_below(self, limit: int) -> int:
        """Return the seconds after which the count lies below `limit`, at least 1, if nothing is added; 0 is never below."""
        if self.present < limit:
            windows = 1 - (limit - self.present) / self.previous - self.passed if self.previous else 0.0
        else:
            windows = 2 - limit / self.present - self.passed if self.present else 1.0
        return max(1, math.floor(windows * WINDOW.total_seconds() + _ROUNDING) + 1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted in the ten minutes before a comment, and what its sender's connection says.

    `devices` is how many kinds of device sent from the network, the sender's own among them.
    """

    from_network: Tally
    on_article: Tally
    everywhere: Tally
    devices: int
    visitor: Visitor
    is_slowed: bool = False  # by hand, however few come


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a comment meets: refused for so many seconds, or taken, and then a reason to hold it or two.

    `from_network` is how many came from its network in ten minutes, it among them, 0 where nobody can tell;
    `on_article` how many came on its article before it, 0 unless that is in slow mode.
    """

    retry_after_seconds: int = 0
    from_network: int = 0
    on_article: int = 0
    is_behind_proxy: bool = False


def ruling(seen: Seen, *, per_visitor: int, per_article: int) -> Ruling:
    """Return what a comment meets, where `per_visitor` and `per_article` are welcome in ten minutes (0: no slow mode).

    An article that boils is slow, one that is flooded takes a first comment from each; none is ever closed. A network
    that shows one kind of device is one visitor, and is refused beyond her limit. One that many share is refused at
    SHARED_TIMES as many; between the two its number is a reason to look. Where the network is that of a proxy which
    nobody has declared, or nobody knows one, its number says nothing, and only a flood is refused.
    """
    slow, flood_seconds = slow_count(seen.on_article, per_article), _flood_seconds(seen, per_article)
    if seen.is_slowed:
        slow = max(1, int(seen.on_article.count))
    behind_proxy = is_behind_proxy(seen)
    if behind_proxy or not seen.visitor.network_mark:
        return Ruling(flood_seconds) if flood_seconds else Ruling(0, 0, slow, behind_proxy)
    welcome = _welcome(per_visitor, is_slow=slow > 0, is_flooded=flood_seconds > 0)
    most = welcome * SHARED_TIMES if seen.devices >= SHARED_FROM else welcome
    if seen.from_network.count >= most:
        return Ruling(retry_after_seconds=seen.from_network.seconds_until_below(most))
    return Ruling(from_network=int(seen.from_network.count) + 1, on_article=slow)


def slow_count(on_article: Tally, per_article: int) -> int:
    """Return how many comments came on an article in ten minutes, 0 where that does not make it slow."""
    return int(on_article.count) if 0 < per_article <= on_article.count else 0


def is_behind_proxy(seen: Seen) -> bool:
    """Tell whether the network is that of a proxy which `trusted_proxies` does not count.

    Sure where it says for whom it speaks and sits beside this program; else told by nearly all comments coming
    through it from many kinds of device. A flood that feigns those on a quiet site ends where any flood does.
    """
    if seen.visitor.is_near and seen.visitor.is_forwarded:
        return True
    enough, kinds = (PROXY_NEAR_FROM, SHARED_FROM) if seen.visitor.is_near else (PROXY_FROM, PROXY_DEVICES)
    nearly_all = seen.from_network.count >= max(enough, PROXY_SHARE * seen.everywhere.count)
    return nearly_all and seen.devices >= kinds


def _flood_seconds(seen: Seen, per_article: int) -> int:
    """Return the seconds until neither the article nor the whole site is flooded, 0 where neither is."""
    limits = (
        (seen.on_article, per_article * FLOOD_TIMES),
        (seen.everywhere, per_article * FLOOD_TIMES_EVERYWHERE),
    )
    return max(tally.seconds_until_below(most) if 0 < most <= tally.count else 0 for tally, most in limits)


def _welcome(per_visitor: int, *, is_slow: bool, is_flooded: bool) -> int:
    """Return how many comments one visitor may send in ten minutes."""
    if is_flooded:
        return min(per_visitor, FLOOD_WELCOME)
    return min(per_visitor, max(1, per_visitor // SLOW_SHARE)) if is_slow else per_visitor


def proxy_notice(trusted_proxies: int) -> str:
    """Return the name under which it is kept that a proxy is not declared; another setting begins anew."""
    return f"undeclared_proxy:{trusted_proxies}"


def ip_of(address: str) -> IP | None:
    """Return an IP address, the one that is mapped where it is one of IPv4 in IPv6; None for what is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip


def network_prefix(ip: IP | None) -> str:
    """Return the network of an IP address, /24 or /48, or '' for none."""
    return "" if ip is None else _cut(ip, 24, 48)


def host_prefix(ip: IP) -> str:
    """Return what one line has of an IP address: all of it, or /64 (RFC 6177, section 2)."""
    return _cut(ip, 32, 64)


def is_near(ip: IP | None) -> bool:
    """Tell whether an IP address is this machine's or of a private network."""
    return ip is not None and any(ip in network for network in _NEAR if network.version == ip.version)


def window_start(now: datetime) -> datetime:
    """Return when the window that holds `now` began."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def tally(previous: int, present: int, now: datetime) -> Tally:
    """Return what two fixed windows say at `now`."""
    return Tally(previous, present, (now - window_start(now)) / WINDOW)


def added(key: str, number: int, more: int) -> int:
    """Return what stands under a key to which more is added: one number more, or kinds beside others, one bit each."""
    return number | more if key.startswith(KINDS_KEY) else number + more


def _cut(ip: IP, bits: int, bits_v6: int) -> str:
    kept = bits if ip.version == 4 else bits_v6
    free = ip.max_prefixlen - kept
    return f"{type(ip)(int(ip) >> free << free)}/{kept}"
