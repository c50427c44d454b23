"""The request that is being answered, its application, and what the program notes about the answer.

For code that runs many times per answer. Flask's `request`, `current_app` and `g` are proxies, which look their object
up at every attribute: 9,000 instructions each time, where a call of these takes 3,000 and returns the object itself. A
page did it 55 times, a comment 32 times. Views, which do it once or twice, use Flask's own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, Request, current_app, g, request
from flask.ctx import _AppCtxGlobals

from cms.languages import Language


class Notes(_AppCtxGlobals):
    """What parts of the program tell one another about the answer that is being made: Flask's `g`, with names and types."""

    began: float | None = None  # by time.perf_counter()
    now: datetime | None = None  # the moment of the request, for all who ask
    language: Language | None = None
    language_code: str = ""  # as it was asked for, `en-GB` say
    staff: Any = None  # who is signed in: a SignedIn of accounts, which nothing here may import
    body: bytes | None = None  # of a POST of a reader's, as much of it as is kept
    things: tuple[str, ...] | None = None  # what a public page is made of; None for any other answer
    until: datetime | None = None  # when a public page is no longer true, whatever happens
    digest: str = ""  # of a public page, where it is known from writing it
    site_links: Any = None  # where the view has read them along with something else
    without_database: bool = False  # nothing more may be asked of it for this answer


this_app: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]  # of Flask's stand-in
this_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]  # as above
notes: Callable[[], Notes] = g._get_current_object
