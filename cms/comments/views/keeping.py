"""Where a reader's words are given back when her comment met a failure."""

from flask import Response, render_template
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from cms.answering.arrived import arrived_fields
from cms.answering.current import notes, this_request
from cms.answering.error_pages import copy_headers, error_page
from cms.comments.forms import CommentForm
from cms.web import private_page, say, site, take_body

URLENCODED = "application/x-www-form-urlencoded"
SENTENCES = {
    400: "Your comment did not arrive whole. Please send it again.",
    411: "Your comment did not arrive whole. Please send it again.",
    413: "This is more than fits into a comment. Please shorten it.",
    500: "Something broke here, and it is not your fault. Please send it again in a moment.",
    503: "Your comment could not be stored just now. It is kept below: please send it again in a minute.",
}


def keep_words(error: HTTPException) -> Response:
    """Answer a failed POST by a form with what was typed, to be sent again, though no database can be asked.

    The token goes back as it came: the page that it was made for may be just what cannot be read now.
    """
    request, noted = this_request(), notes()
    kind = request.content_type or ""
    fields = received()[0] if noted.body is None else arrived_fields(noted.body, kind)
    if error.response is not None or not fields.get("comment", "").strip():
        return error_page(error)
    status = error.code or 500
    if status in {404, 410}:
        body = render_template("comments/gone.html", status=status, typed=fields["comment"])
        return private_page(body, status)
    noted.without_database = True
    form = CommentForm(formdata=fields, meta={"subject": ""})
    form.token.current_token = fields.get("token", "")
    body = render_template(
        "comments/answer.html",
        article_title="",
        article_url=request.path.removesuffix("/comments"),
        form=form,
        action_url=request.path,
        problem=say(SENTENCES[_told_as(status)]),
        errors=[],
        preview_html="",
        replying_to=None,
        can_notify=bool(form.notify.data),
    )
    response = private_page(body, status)
    copy_headers(error, response)
    return response


def received() -> tuple[MultiDict[str, str], int | None]:
    """Return the fields of this POST with the status that refuses them, None where they arrived whole.

    Of a body that was cut or cannot be understood, as many are returned as can be read; none of those is stored,
    since nobody knows where it ended.
    """
    status = take_body(site().settings.comment_max_bytes)
    request = this_request()
    body, kind = notes().body or b"", request.content_type or ""
    if status is None and kind.startswith(URLENCODED) and body.isascii():  # as every browser sends it
        return arrived_fields(body, kind), None
    if status is None:
        try:
            if request.form or not body:
                return request.form, None
        except HTTPException as error:  # more parts than any form has
            status = error.code
    return arrived_fields(body, kind), status or 400


def _told_as(status: int) -> int:
    if status in SENTENCES:
        return status
    return 500 if status > 500 else 400
