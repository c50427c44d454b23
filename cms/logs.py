"""The log of requests and failures, which never contains a receipt's secret, a name, an address or a text."""

import logging
import re
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Any
from urllib.parse import quote

from flask import request
from jinja2 import TemplateError
from sqlalchemy.exc import DBAPIError, OperationalError

from cms.storage.outages import is_outage, kind_of

# A secret follows these folders in a path, wherever they stand and however many slashes come between.
_SECRET = re.compile(r"(/(?:(?:my-)?comments|letters)/+)[^/].*", re.IGNORECASE | re.DOTALL)
# Kinds of failure that speak of the program and its machine; other sentences may quote what somebody wrote.
_SPEAK_OF_US = (OSError, RuntimeError, TypeError, AttributeError, NameError, ImportError, TemplateError)
_requests = logging.getLogger("cms.requests")
_failures = logging.getLogger("cms.failures")
_access = logging.getLogger("cms.access")


def write_request(method: str, path: str, status: int, milliseconds: float) -> None:
    """Note one answered request."""
    _requests.info("%s %s %d %.1f ms", quote(method), logged_path(path), status, milliseconds)


def write_access(ids: Sequence[int]) -> None:
    """Note that what somebody has sent was shown by a command, by the ids of her comments."""
    _access.warning("privacy access: comments %s", ", ".join(map(str, ids)) or "-")


def write_missing_key() -> None:
    """Note that something could not be done without the site's key."""
    _failures.error("the site's key is missing: reading only; run `cms doctor`")


def write_outage(error: BaseException) -> None:
    """Note that the database could not work, by the kind of its failure alone."""
    _failures.error("the database cannot work just now: %s", kind_of(error))


def write_unkept_picture(error: OSError) -> None:
    """Note that a picture could not be stored, as when the disk is full."""
    _failures.error("a picture could not be stored: %s", error.strerror)


def write_lost_key(sentence: str) -> None:
    """Note that a running process has lost a key, in a sentence that says what is wrong with it."""
    _failures.error("%s Reading only, until it is here again; run `cms doctor`", sentence)


def write_found_key() -> None:
    """Note that a running process has every key again."""
    _failures.warning("the site's key is here again: everything is served")


def write_limits_off() -> None:
    """Note that nothing limits how often a visitor may do a thing."""
    _failures.warning("rate limits are off: take CMS_RATE_LIMITS=off away before readers come")


def write_exception(
    failure: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None],
) -> None:
    """Note a failure: where it came up and of which kind each error in its chain was."""
    told = "\n".join(_told(failure[1])) if failure[1] is not None else ""
    _failures.error("%s %s failed\n%s", quote(request.method), logged_path(request.path), told)


def write_failed_job(name: str, error: BaseException) -> None:
    """Note that a timed job failed: where, and of which kind each error in its chain was; an outage in one line."""
    if is_outage(error):
        _failures.error("the job %s waits until the database can work: %s", name, kind_of(error))
    else:
        _failures.error("the job %s failed and is tried again later\n%s", name, "\n".join(_told(error)))


def logged_path(path: str) -> str:
    """Return a path as a log may keep it: on one line, in ASCII, without the secrets that stand in some."""
    return quote(_SECRET.sub(r"\1-", path), safe="/%:@!$&'()*+,;=~-._")


def _told(error: BaseException) -> list[str]:
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = _told(earlier) if earlier is not None else []
    lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    sentence = _sentence(error)
    return [*lines, f"{kind}: {sentence}" if sentence else kind]


def _sentence(error: BaseException) -> str:
    """Return an error's own sentence, '' where it may quote what somebody wrote.

    A database that cannot work says so in a first line of its own; behind it may stand the row.
    """
    original: Any = error.orig if isinstance(error, DBAPIError) else None  # Any: each driver's own kind
    if isinstance(error, OperationalError):
        return str(original).partition("\n")[0]
    if original is not None:
        return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")
    return str(error) if isinstance(error, _SPEAK_OF_US) else ""
