"""What a setting can take: each check knows one value and the words for what would be right."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_KINDS: dict[type, str] = {str: "words in quotation marks", bool: "true or false", int: "a whole number"}
_MAILBOX = re.compile(r"[^\s<>@]+@[^\s<>@]+|[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>")


class SettingsRefused(Exception):
    """A setting cannot be used; the sentence says which one and what it takes."""


@dataclass(frozen=True, slots=True)
class Check:
    """Which values a setting takes, and how to say so after "takes"."""

    words: str
    accepts: Callable[[Any], bool]


def at_least(least: int) -> Check:
    """Take a whole number that is not smaller."""
    return Check(f"{least} or more", lambda value: value >= least)


def between(least: int, most: int) -> Check:
    """Take a whole number from `least` to `most`, both included."""
    return Check(f"{least} to {most}", lambda value: least <= value <= most)


def one_of(*words: str) -> Check:
    """Take one of these words and no other."""
    return Check(f"{', '.join(words[:-1])} or {words[-1]}", words.__contains__)


def read_as(kind: type, name: str, value: Any) -> Any:
    """Return the value of a setting, which the environment wrote as a word and `config.toml` as what it is.

    Raises SettingsRefused for one of another kind; it is not shown where it may be a secret, as any text may.
    """
    if kind is bool and isinstance(value, str):
        if value.lower() not in {"on", "off", "true", "false", "1", "0"}:
            raise SettingsRefused(f"{name} takes on or off, not {value!r}.")
        return value.lower() in {"on", "true", "1"}
    if kind is int and isinstance(value, str):
        if not value.strip().isdecimal():
            raise SettingsRefused(f"{name} takes a whole number, not {value!r}.")
        return int(value)
    if kind is Path:
        return Path(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        shown = "" if kind is str else f", not {value!r}"
        raise SettingsRefused(f"{name} takes {_KINDS.get(kind, kind.__name__)}{shown}.")
    return value


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address as browsers write them, '' for what is no address (RFC 6454, section 6)."""
    try:
        parts = urlsplit(address)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:  # UnicodeError is one
        return ""
    if not host or parts.scheme not in {"http", "https"}:
        return ""
    host = f"[{host}]" if ":" in host else host
    shown = "" if port in {None, {"http": 80, "https": 443}[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _is_bare_origin(address: str) -> bool:
    if not origin_of(address):
        return False
    parts = urlsplit(address)
    return parts.username is None and address == f"{parts.scheme}://{parts.netloc}"


def _is_language(code: str) -> bool:
    from cms.languages import is_language  # late: whoever only asks for settings needs no Babel

    return is_language(code)


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_command(line: str) -> bool:
    try:
        return bool(shlex.split(line))
    except ValueError:  # a quotation mark is left open
        return False


PUBLIC_ADDRESS = Check("http(s)://host, with no path and no slash at its end", _is_bare_origin)
WEB_ADDRESS = Check("an address that begins with https:// or http://", lambda value: bool(origin_of(value)))
POSTGRESQL_ADDRESS = Check(
    "postgresql://… ; leave it empty for SQLite",
    lambda value: value.startswith(("postgresql://", "postgresql+psycopg://")),
)
LANGUAGE = Check("a code such as en or ur-PK", _is_language)
TIMEZONE = Check("an IANA name such as Asia/Karachi", _is_timezone)
MAILBOX = Check(
    "letters@example.org or The Tidewaiter <letters@example.org>",
    lambda value: _MAILBOX.fullmatch(value) is not None,
)
COMMAND = Check("a command, each quotation mark of it closed", _is_command)
