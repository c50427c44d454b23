"""The request that is being answered, its application, and what the program notes about the answer.

For what is asked many times an answer: each of these is the thing itself, where Flask's `request`, `current_app` and
`g` look it up anew at every attribute. A look through those takes 9,000 instructions, and 3,000 so; a page had 55, a
comment 32. Views, which ask once or twice, use Flask's own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, Request, current_app, g, request
from flask.ctx import _AppCtxGlobals

from cms.languages import Language


class Notes(_AppCtxGlobals):
    """What parts of the program tell one another about the answer that is being made: Flask's `g`, with its names."""

    began: float | None = None  # by time.perf_counter()
    now: datetime | None = None  # the moment of the request, for all who ask
    language: Language | None = None
    language_code: str = ""  # as it was asked for, `en-GB` say
    staff: Any = None  # who is signed in: a SignedIn of accounts, which nothing here may import
    body: bytes | None = None  # of a POST of a reader's, as much of it as is kept
    things: tuple[str, ...] | None = None  # what a public page is made of; None for any other answer
    until: datetime | None = None  # when a public page is no longer true, whatever happens
    digest: str = ""  # of a public page, where who wrote it knows one
    masthead_sections: Any = None  # where the view has read them with what else it shows
    without_database: bool = False  # nothing more may be asked of it for this answer


this_app: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]  # of Flask's stand-in
this_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]  # as above
notes: Callable[[], Notes] = g._get_current_object
