"""What an answer is negotiated by: the encodings that a client takes, the page that it has already."""

from functools import lru_cache

PREFERRED = ("br", "gzip")  # of those that a client takes alike, the smaller one


@lru_cache(maxsize=512)  # browsers send a handful; whoever sends others takes room from nobody else for long
def best_encoding(accepted: str) -> str:
    """Return `br`, `gzip` or identity (`''`), whichever an Accept-Encoding header likes best (RFC 9110, 12.5.3).

    Identity also where nothing at all is acceptable: a page is better than a 406.
    """
    weights = dict(map(_weighed, accepted.lower().split(",")))
    anything = weights.get("*", 0.0)
    best, most = "", weights.get("identity", 0.0)
    for name in reversed(PREFERRED):
        weight = weights.get(name, anything)
        if weight > 0 and weight >= most:
            best, most = name, weight
    return best


def has_already(if_none_match: str, etag: str) -> bool:
    """Tell whether an If-None-Match header names `etag`, compared weakly (RFC 9110, section 13.1.2)."""
    if if_none_match == etag or if_none_match.strip() == "*":
        return True
    wanted = etag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") == wanted for one in if_none_match.split(","))


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return name, _weight(value.strip())
    return name, 1.0


def _weight(value: str) -> float:
    # RFC 9110, section 12.4.2: 0 to 1 with at most three decimals; anything else is no wish at all.
    digits = value.replace(".", "", 1)
    return min(float(value), 1.0) if digits.isascii() and digits.isdecimal() and len(value) < 8 else 0.0
