"""Filters, functions and values that every template can use."""

from collections.abc import Callable, Hashable
from datetime import UTC
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from markupsafe import Markup
from werkzeug.local import LocalProxy

from cms.answering.current import notes
from cms.answering.written import Fragment
from cms.languages import direction
from cms.web import language, site


def install(app: Flask) -> None:
    """Give the templates of `app` their filters, their functions and what is the same on every page."""
    templates = app.jinja_env
    templates.undefined = StrictUndefined
    templates.trim_blocks = True
    templates.lstrip_blocks = True
    templates.autoescape = True
    templates.filters.update(
        day=lambda moment: language().day(moment, site().settings.timezone),
        day_and_time=lambda moment: language().day_and_time(moment, site().settings.timezone),
        hour=lambda moment: language().hour(moment, site().settings.timezone),
        duration=lambda length: language().duration(length),
        iso=lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        number=lambda value: language().number(value),
        clean=Markup,
    )
    templates.globals.update(_=_said, ngettext=_said_of_many, direction=direction, spoken_code=_spoken_code)
    templates.globals.update(once=once)
    templates.globals.update(
        settings=LocalProxy(lambda: site().settings),
        asset=lambda name: site().assets.address(name),
        absolute=lambda path: site().settings.base_url + path,
    )
    app.context_processor(_of_the_answer)


def once(make: Callable[..., str], *asked: Hashable) -> Fragment:
    """Return what `make`, a macro or a function, makes of `asked`, made once for all pages that show the same.

    It may depend on its arguments, the answer's language and the site's settings, and on nothing else. The macro itself is
    part of the key, so that another language, or a changed file, has fragments of its own.
    """
    key = (make, notes().language_code, *asked)
    return site().fragments.value(key, lambda: Fragment(make(*asked)))


def _of_the_answer() -> dict[str, Any]:
    return {
        "settings": site().settings,
        "language": language(),
        "language_code": notes().language_code,
        "canonical": "",
        "staff": None,
    }


# For what a template chooses by a variable or a number; cms.answering.spoken has put in the rest.
def _said(english: str, /, **values: object) -> Markup:
    return Markup(language().sentence(english)) % values  # noqa: S704  # the catalogue's, its values escaped


def _said_of_many(one: str, many: str, number: int) -> Markup:
    return Markup(language().plural(one, many, number)) % {"num": number}  # noqa: S704  # as above


def _spoken_code() -> str:
    """Return the code of the language in which this answer speaks, for macros that are imported without context."""
    language()
    return notes().language_code
