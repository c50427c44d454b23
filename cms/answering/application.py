"""Flask as this site has it: whose secrets sign, whose sessions are opened, whose words templates speak, how answers are sent."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

from flask import Flask, Request, has_app_context
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from cms.answering.current import Notes
from cms.answering.sent import SiteResponse
from cms.answering.spoken import SpokenEnvironment
from cms.vault import Vault
from cms.web import language


class StaffSessions(SecureCookieSessionInterface):
    """The sessions of who brings a cookie; whoever only reads has none, so nothing is derived or signed for her."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of this request, None while the site's key is missing."""
        if "HTTP_COOKIE" in request.environ or app.extensions["site"].vault_or_none is None:
            return super().open_session(app, request)
        return self.session_class()


class Application(Flask):
    """Flask, with the secret of its sessions taken from the keys of this moment: one may come back while it runs.

    Its templates are those of the language in which the answer speaks.
    """

    app_ctx_globals_class = Notes
    jinja_environment = SpokenEnvironment
    response_class = SiteResponse
    session_interface = StaffSessions()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Flask has them
        super().__init__(*args, **kwargs)
        # As many templates as there are: where Jinja keeps some alone, it searches them at each look.
        self.jinja_options = {"cache_size": -1}
        self._spoken: dict[str, SpokenEnvironment] = {}  # by language; a copy of the application shares them

    @property
    def secret_key(self) -> str | None:  # type: ignore[override]  # Flask reads it from its configuration
        """What signs the cookies and form tokens of staff; None while the site's key is missing."""
        vault: Vault | None = self.extensions["site"].vault_or_none
        return vault.secret("sessions") if vault else None

    @property
    def jinja_env(self) -> SpokenEnvironment:
        """The templates of this answer's language; outside of an answer those that every language's are made from."""
        if not has_app_context():
            return self._unspoken
        spoken = language()
        if spoken.code not in self._spoken:
            self._spoken[spoken.code] = self._unspoken.speaking(spoken)
        return self._spoken[spoken.code]

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:  # Any: as Flask has it
        """Return what answers as it is: none of ours is a coroutine, and Flask would look at ten a request."""
        return func

    @cached_property
    def _unspoken(self) -> SpokenEnvironment:
        return cast(SpokenEnvironment, self.create_jinja_environment())  # made by the class named above
