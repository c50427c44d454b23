"""Flask with this site's own sessions, secrets, templates and responses."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

from flask import Flask, Request, has_app_context
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.routing import IntegerConverter

from cms.answering.current import Notes
from cms.answering.sent import SiteResponse
from cms.answering.spoken import SpokenEnvironment
from cms.text.numbers import ID_MAX
from cms.vault import Vault
from cms.web import language


class StaffSessions(SecureCookieSessionInterface):
    """Sessions for requests that bring a cookie; a reader's request has none, so nothing is derived or signed for it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of this request, None while the site's key is missing."""
        if "HTTP_COOKIE" in request.environ or app.extensions["site"].vault_or_none is None:
            return super().open_session(app, request)
        return self.session_class()


class Number(IntegerConverter):
    """The number of `<int:…>` in an address; one larger than a column holds becomes the largest id, which nothing has."""

    def to_python(self, value: str) -> int:
        """Return the number."""
        return min(int(value), ID_MAX)


class SiteFlask(Flask):
    """Flask with templates in the language of each answer, and a secret key that is looked up each time.

    For the site's key may be missing when the program starts and come back while it runs.
    """

    app_ctx_globals_class = Notes
    jinja_environment = SpokenEnvironment
    response_class = SiteResponse
    session_interface = StaffSessions()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Flask has them
        super().__init__(*args, **kwargs)
        self.url_map.converters["int"] = Number
        # Keep all templates: a cache with a limit costs more at each look-up.
        self.jinja_options = {"cache_size": -1}
        self._spoken: dict[str, SpokenEnvironment] = {}  # by language; a copy of the application shares them

    @property
    def secret_key(self) -> str | None:  # type: ignore[override]  # Flask reads it from its configuration
        """What signs the cookies and form tokens of staff; None while the site's key is missing."""
        vault: Vault | None = self.extensions["site"].vault_or_none
        return vault.secret("sessions") if vault else None

    @property
    def jinja_env(self) -> SpokenEnvironment:
        """The templates of this answer's language; outside of an answer, those from which every language's are made."""
        if not has_app_context():
            return self._unspoken
        spoken = language()
        if spoken.code not in self._spoken:
            self._spoken[spoken.code] = self._unspoken.speaking(spoken)
        return self._spoken[spoken.code]

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:  # Any: as Flask has it
        """Return the function itself: none of ours is a coroutine, and Flask would check ten of them in each request."""
        return func

    @cached_property
    def _unspoken(self) -> SpokenEnvironment:
        return cast(SpokenEnvironment, self.create_jinja_environment())  # made by the class named above
