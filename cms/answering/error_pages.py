"""What is answered when something goes wrong: a page that says so, with what was sent kept on it."""

from dataclasses import dataclass

from flask import Flask, Response, current_app, render_template, request
from markupsafe import Markup, escape
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from cms import logs
from cms.answering.current import notes
from cms.storage.outages import RETRY_SECONDS, is_outage
from cms.vault import NoKey
from cms.web import private_page

NO_KEY_SECONDS = 3600  # an operator has to bring the key
WORDS_FROM_CHARS = 40  # a field with more than that is somebody's writing and stays in sight
SECRETS = frozenset({"password", "sign_in_password"})


class ReadingOnly(ServiceUnavailable):
    """The site's key is missing: articles can be read, and nothing can be sent."""


@dataclass(frozen=True, slots=True)
class KeptField:
    """One field of a POST, with its value as an attribute of HTML keeps it and as a text shows it."""

    name: Markup
    value: Markup
    text: str

    @property
    def is_writing(self) -> bool:
        """Whether it is what somebody wrote, which she may want to see, copy or change."""
        return len(self.text) > WORDS_FROM_CHARS and " " in self.text.strip()


def install(app: Flask) -> None:
    """Let every failure of `app` end on a page of ours."""
    app.log_exception = logs.write_exception  # type: ignore[assignment]  # Flask's own quotes paths and parameters
    app.register_error_handler(HTTPException, error_page)
    app.register_error_handler(NoKey, _no_key)
    app.register_error_handler(SQLAlchemyError, _outage)


def error_page(error: HTTPException) -> Response:
    """Return the page of an error; a POST that met a failure of ours is kept on it, to be sent again."""
    if error.response is not None:
        answer: Response = current_app.make_response(error.response)
        return answer
    status = error.code or 500
    if status >= 500 and not isinstance(error, ReadingOnly):
        notes().without_database = True
    body = render_template(
        "errors/error.html",
        status=status,
        reading_only=isinstance(error, ReadingOnly),
        kept=_kept_fields() if status >= 500 and request.method == "POST" else [],
        action_url=request.full_path if request.query_string else request.path,
    )
    response = private_page(body, status)
    copy_headers(error, response)
    return response


def copy_headers(error: HTTPException, response: Response) -> None:
    """Give an error's answer what HTTP wants with it: the methods that are right, when to come again."""
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value


def exact(text: str) -> Markup:
    """Return text as an attribute keeps it; a browser would read a bare CR LF as LF."""
    return Markup(escape(text).replace("\r", Markup("&#13;")))  # noqa: S704  # escaped


def _kept_fields() -> list[KeptField]:
    """Return the fields of this POST with their tokens; none of a form with a password, which is quickly typed."""
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:  # a body that cannot be read
        return []
    if SECRETS & {name for name, _ in fields}:
        return []
    return [KeptField(exact(name), exact(value), value) for name, value in fields]


def _no_key(_error: NoKey) -> Response:
    logs.write_missing_key()
    return _refused(ReadingOnly(retry_after=NO_KEY_SECONDS))


def _outage(error: SQLAlchemyError) -> Response:
    """Answer 503 where the database cannot work now; any other error is a mistake of ours, and a 500."""
    if not is_outage(error):
        raise error
    logs.write_outage(error)
    return _refused(ServiceUnavailable(retry_after=RETRY_SECONDS))


def _refused(error: HTTPException) -> Response:
    """Answer as if a view had aborted, so that a room which keeps words in a form of its own can do so."""
    return current_app.make_response(current_app.handle_http_exception(error))
