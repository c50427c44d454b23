"""Which settings make sense, alone and together."""

import re
import shlex
from dataclasses import fields
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from cms.config import Settings

BYTES_A_CHARACTER = 12  # one of four bytes, percent-encoded, is the longest that a form sends
PROOF_BITS_MAX = 24  # a minute for a computer, many for a phone
FORM_BYTES = 8_192  # the other fields, each at its longest

_MAILBOX = re.compile(r"[^\s<>@]+@[^\s<>@]+|[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>")


class SettingsRefused(Exception):
    """A setting cannot be used; the sentence says which one and what it takes."""


def refuse_nonsense(settings: "Settings") -> None:
    """Raise SettingsRefused for the first setting that cannot be used."""
    _refuse_address(settings.base_url)
    _refuse_words(settings)
    _refuse_sums(settings)
    _refuse_mail(settings)
    _refuse_key_source(settings)
    if settings.sqlite_synchronous not in {"FULL", "NORMAL"}:
        raise SettingsRefused("sqlite_synchronous takes FULL or NORMAL.")
    if settings.database_url and not settings.database_url.startswith(
        ("postgresql://", "postgresql+psycopg://")
    ):
        raise SettingsRefused("database_url takes postgresql://… ; leave it empty for SQLite.")
    if settings.bake_folder and settings.database_url:
        raise SettingsRefused(
            "bake_folder is for the embedded database: with PostgreSQL another host may change what lies here baked."
        )
    if settings.purge_url and not origin_of(settings.purge_url):
        raise SettingsRefused("purge_url takes an address that begins with https:// or http://.")
    if not 0 < settings.spam_threshold <= 1000:
        raise SettingsRefused("spam_threshold takes 1 to 1000.")
    if settings.comment_max_bytes < settings.comment_max_chars * BYTES_A_CHARACTER + FORM_BYTES:
        raise SettingsRefused(
            "comment_max_bytes is too small for comment_max_chars: 12 bytes each, and 8,192."
        )
    for knob in fields(settings):
        least = knob.metadata["least"]
        if isinstance(knob.default, int) and getattr(settings, knob.name) < least:
            raise SettingsRefused(f"{knob.name} takes {least} or more.")


def _refuse_mail(settings: "Settings") -> None:
    if settings.smtp_security not in {"starttls", "tls", "none"}:
        raise SettingsRefused("smtp_security takes starttls, tls or none.")
    if not 0 <= settings.digest_hour < 24:
        raise SettingsRefused("digest_hour takes 0 to 23.")
    if not 0 < settings.smtp_port < 65_536:
        raise SettingsRefused("smtp_port takes 1 to 65535.")
    if settings.mail_from and not _MAILBOX.fullmatch(settings.mail_from):
        raise SettingsRefused("mail_from takes letters@example.org or The Tidewaiter <letters@example.org>.")


def _refuse_address(base_url: str) -> None:
    if not origin_of(base_url):
        raise SettingsRefused(f"base_url takes http(s)://host without a path, not {base_url!r}.")
    parts = urlsplit(base_url)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise SettingsRefused(f"base_url takes http(s)://host without a path, not {base_url!r}.")
    if base_url.endswith(("/", "?", "#")):
        raise SettingsRefused("base_url takes no slash at its end.")


def _refuse_key_source(settings: "Settings") -> None:
    if settings.key_file and settings.key_command:
        raise SettingsRefused("key_file and key_command are two places for one key. Set one of them.")
    try:
        words = shlex.split(settings.key_command)
    except ValueError as error:
        raise SettingsRefused("key_command leaves a quotation mark open.") from error
    if settings.key_command and not words:
        raise SettingsRefused("key_command names no command.")


def _refuse_sums(settings: "Settings") -> None:
    if settings.proof_of_work not in {"off", "slow_mode", "always"}:
        raise SettingsRefused("proof_of_work takes off, slow_mode or always.")
    if not 1 <= settings.proof_of_work_bits <= PROOF_BITS_MAX:
        raise SettingsRefused(f"proof_of_work_bits takes 1 to {PROOF_BITS_MAX}.")


def _refuse_words(settings: "Settings") -> None:
    from cms.languages import is_language  # late: whoever only asks for settings needs no Babel

    if not is_language(settings.language):
        raise SettingsRefused(f"language takes a code such as en or ur-PK, not {settings.language!r}.")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsRefused(
            f"timezone takes an IANA name such as Asia/Karachi, not {settings.timezone!r}."
        ) from error


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
