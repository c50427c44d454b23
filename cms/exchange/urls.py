"""Web addresses as exports write them, some of which are none."""

from urllib.parse import SplitResult, urlsplit

_NONE = SplitResult("", "", "", "", "")


def parts_of(url: str) -> SplitResult:
    """Return an address in its parts; all of them empty for one that cannot be read (`http://[::1/a`)."""
    try:
        return urlsplit(url.strip())
    except ValueError:
        return _NONE
