"""Where a reader reports a published comment."""

from flask import Blueprint, Response, abort, render_template, request

from cms import sanitize
from cms.comments.forms import button_token, is_good_button, old_form
from cms.comments.views.submitting import sender
from cms.reports.actions import Complaint, TooManyReports, report
from cms.reports.queries import ReportedComment, reported_comment
from cms.reports.rules import REPORT_MAX_CHARS, REPORT_SENTENCES, ReportReason
from cms.web import Origin, clock, language, origin, say, say_minutes, site, speak, unlisted_page

blueprint = Blueprint("reports", __name__)
REFUSES_ITSELF = frozenset({"reports.send"})


@blueprint.get("/reports/<int:comment_id>")
def ask(comment_id: int) -> Response:
    """Ask what somebody has against a comment."""
    return _page(_comment_or_404(comment_id))


@blueprint.post("/reports/<int:comment_id>", endpoint="send")
def send(comment_id: int) -> Response:
    """Take a report; the answer says what happens next, and the same to a second one from a network."""
    comment = _comment_or_404(comment_id)
    if origin() is Origin.FOREIGN:
        return _page(comment, 403, say("This form was sent from another site. Please send it from here."))
    if not is_good_button(_subject(comment_id)):
        return _page(comment, 422, old_form())
    words = sanitize.comment_text(_sent("words"))
    if _sent("reason") not in set(ReportReason):
        return _page(comment, 422, say("Please choose a reason."))
    if len(words) > REPORT_MAX_CHARS:
        limit = language().number(REPORT_MAX_CHARS)
        return _page(comment, 422, say("At most %(limit)s characters fit. Please shorten it.", limit=limit))
    outcome = report(site(), Complaint(comment_id, ReportReason(_sent("reason")), words, sender()), clock())
    if isinstance(outcome, TooManyReports):
        refused = _page(comment, 429, _wait_sentence(outcome.retry_after_seconds))
        refused.headers["Retry-After"] = str(outcome.retry_after_seconds)
        return refused
    if not outcome:
        abort(404)
    return _page(comment, is_done=True)


def _wait_sentence(seconds: int) -> str:
    return say_minutes(
        "Many reports have come from your connection in a short time. Please send this one again in %(num)s minute.",
        "Many reports have come from your connection in a short time. Please send this one again in %(num)s minutes.",
        seconds,
    )


def _page(
    comment: ReportedComment, status: int = 200, problem: str = "", *, is_done: bool = False
) -> Response:
    """Return the page with all words kept."""
    body = render_template(
        "reports/report.html",
        comment=comment,
        sentences=REPORT_SENTENCES,
        chosen=_sent("reason"),
        words=_sent("words"),
        most=REPORT_MAX_CHARS,
        token=button_token(_subject(comment.id)),
        problem=problem,
        is_done=is_done,
    )
    return unlisted_page(body, status)


def _comment_or_404(comment_id: int) -> ReportedComment:
    with site().database.reading() as session:
        found = reported_comment(session, comment_id, now=clock())
    if found is None:
        abort(404)
    speak(found.language)
    return found


def _sent(name: str) -> str:
    return request.form.get(name, "")


def _subject(comment_id: int) -> str:
    return f"report:{comment_id}"
