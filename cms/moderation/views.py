"""Where moderators work: the queue, their decisions, the log."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, get_flashed_messages, render_template, request

from cms.accounts.guard import staff
from cms.articles.rules import cursor
from cms.comments.rules import HOLD_SENTENCES, CommentStatus
from cms.moderation import rules
from cms.moderation.actions.deciding import decide as carry_out
from cms.moderation.actions.outcomes import NotHere, Outcome
from cms.moderation.actions.undoing import undo as take_back
from cms.moderation.queries.log import LogLine, log_lines, log_page
from cms.moderation.queries.queue import QueuePage, queue_page, single_card
from cms.moderation.rules import LeftAsItIs, RejectionReason, Verdict
from cms.web import clock, language, private_page, say, see_other, site

blueprint = Blueprint("moderation", __name__, url_prefix="/moderation")
LEFT_NAMED = 10  # the notice travels in a cookie of 4 KB; who needs more finds them in the log
COLUMNS = ("id", "at", "by", "comment", "from", "to", "reason", "policy", "undo_of")
TABLES = {
    "hold_sentences": HOLD_SENTENCES,
    "status_sentences": rules.STATUS_SENTENCES,
    "verdict_sentences": rules.VERDICT_SENTENCES,
    "reason_sentences": rules.REASON_SENTENCES,
    "deed_sentences": rules.DEED_SENTENCES,
    "actor_sentences": rules.ACTOR_SENTENCES,
}


@blueprint.get("/")
def queue() -> Response:
    """Show what waits for a decision, or what has had one; `?comment=` shows one alone."""
    status = _status(request.args.get("status", ""))
    one = rules.whole_numbers(request.args.getlist("comment"))
    with site().database.reading() as session:
        if one:
            page = single_card(session, one[0])
        else:
            after = cursor(request.args.get("page", ""))
            page = queue_page(session, status, after=after, size=site().settings.queue_size)
    return _queue_page(page, None if one else status)


@blueprint.post("/decisions")
def decide() -> Response:
    """Carry out a verdict about one comment, or about all that are ticked."""
    asked, ids = _asked(), rules.whole_numbers(request.form.getlist("comment"))
    as_of = request.form.get("as_of", "")
    if ids is None:
        return _refused(say("No comment was chosen. Tick at least one, then choose what to do."))
    if asked is None:
        return _refused(say("The decision was not understood. Please choose one of the buttons."))
    if not as_of.isascii() or not as_of.isdecimal() or len(as_of) > 18:
        return _refused(say("The form was not complete. Please load the queue again."))
    outcome = carry_out(site(), staff().id, ids, *asked, int(as_of), clock())
    if isinstance(outcome, NotHere):
        return _refused(say("There is no such comment. Nothing was changed; please load the queue again."))
    if len(ids) == 1 and outcome.refused:
        return _refused(say("Its writer has taken this comment back, so it cannot be published."))
    if len(ids) == 1 and outcome.left:
        return _left_page(outcome.left[0], asked)
    _note_done(rules.DONE_SENTENCES[asked[0]], len(outcome.decided) + len(outcome.unchanged), outcome)
    return see_other(rules.way_back(request.form.get("back", "")))


@blueprint.post("/undos")
def undo() -> Response:
    """Take one decision back, or many."""
    ids = rules.whole_numbers(request.form.getlist("decision"))
    if ids is None:
        return _refused(say("No decision was chosen."))
    outcome = take_back(site(), staff().id, ids, clock())
    if isinstance(outcome, NotHere):
        return _refused(
            say("There is no such decision, or it is none that can be undone. Nothing was changed.")
        )
    if len(ids) == 1 and outcome.left:
        return _left_page(outcome.left[0], None)
    _note_done(
        rules.UNDONE_SENTENCES[rules.Deed.UNDONE],
        len(outcome.decided) + len(outcome.unchanged),
        outcome,
        undoes=False,
    )
    return see_other(rules.way_back(request.form.get("back", "")))


@blueprint.get("/log")
def log() -> Response:
    """Show decisions, newest first; `?comment=` shows those about one."""
    one = rules.whole_numbers(request.args.getlist("comment"))
    after = rules.whole_numbers(request.args.getlist("page"))
    with site().database.reading() as session:
        page = log_page(
            session,
            comment_id=one[0] if one else None,
            after=after[0] if after else None,
            size=site().settings.queue_size,
        )
    body = render_template(
        "moderation/log.html",
        **TABLES,
        room="log",
        rows=page.rows,
        comment_id=one[0] if one else None,
        next_url=_next("/moderation/log", {"comment": one[0] if one else ""}, page.next_page),
        back=_here(),
        done=_done(),
    )
    return private_page(body)


@blueprint.get("/log.csv")
def log_csv() -> Response:
    """Send the whole log as a table for other programs, as it is read from the database."""
    response = Response(_csv(log_lines(site().database)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="moderation-log.csv"'
    return response


def _queue_page(page: QueuePage, status: CommentStatus | None, problem: str = "") -> Response:
    body = render_template(
        "moderation/queue.html",
        **TABLES,
        room="moderation",
        cards=page.cards,
        tabs=[(other, page.counts[other]) for other in CommentStatus],
        counted_max=rules.COUNTED_MAX,
        status=status,
        empty=say(rules.EMPTY_SENTENCES[status]) if status else say("There is no such comment."),
        as_of=page.as_of,
        next_url=_next("/moderation/", {"status": status.value if status else ""}, page.next_page),
        back=_here() if request.method == "GET" else rules.way_back(request.form.get("back", "")),
        done=_done(),
        problem=problem,
    )
    return private_page(body, 422 if problem else 200)


def _refused(problem: str) -> Response:
    """Return the queue with the sentence that says why nothing was done."""
    with site().database.reading() as session:
        page = queue_page(session, CommentStatus.HELD, after=None, size=site().settings.queue_size)
    return _queue_page(page, CommentStatus.HELD, problem)


def _left_page(left: LeftAsItIs, asked: tuple[Verdict, str] | None) -> Response:
    """Return the 409 that says who was faster, with both ways on."""
    may_go_on = asked is not None and left.deed is not rules.Deed.WITHDRAWN
    body = render_template(
        "moderation/left.html",
        **TABLES,
        room="moderation",
        left=left,
        verdict=asked[0] if asked and may_go_on else None,
        anyway=say(rules.ANYWAY_SENTENCES[asked[0]]) if asked else "",
        reason=asked[1] if asked else "",
        back=rules.way_back(request.form.get("back", "")),
    )
    return private_page(body, 409)


def _note_done(sentence: str, number: int, outcome: Outcome, *, undoes: bool = True) -> None:
    """Keep for the next page what was done and what was left; ids in a row make one stretch."""
    sentences = [say(sentence, number=language().number(number))] if number else []
    sentences += [_left_sentence(left) for left in outcome.left[:LEFT_NAMED]]
    if len(outcome.left) > LEFT_NAMED:
        others = language().number(len(outcome.left) - LEFT_NAMED)
        sentences.append(say("Others had been decided meanwhile too: %(number)s.", number=others))
    if outcome.refused:
        refused = language().number(len(outcome.refused))
        sentences.append(say("Taken back by their writers and not published: %(number)s.", number=refused))
    alarm = bool(outcome.left or outcome.refused)
    flash({"sentences": sentences, "alarm": alarm, "undo": _stretches(outcome.decided) if undoes else []})  # type: ignore[arg-type]  # any JSON will do


def _left_sentence(left: LeftAsItIs) -> str:
    return say(
        "Left as it is: comment %(id)s. %(who)s, %(when)s: %(state)s.",
        id=left.comment_id,
        who=left.by_name or say(rules.ACTOR_SENTENCES[left.deed]),
        when=language().day_and_time(left.at, site().settings.timezone),
        state=say(rules.STATUS_SENTENCES[left.status] if left.by_name else rules.DEED_SENTENCES[left.deed]),
    )


def _done() -> list[dict[str, Any]]:  # Any: what flash() kept
    notes: list[Any] = get_flashed_messages()
    return [
        {**note, "undo": [i for first, last in note["undo"] for i in range(first, last + 1)]}
        for note in notes
    ]


def _stretches(ids: Iterable[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for number in sorted(ids):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _asked() -> tuple[Verdict, str] | None:
    try:
        verdict = Verdict(request.form.get("verdict", ""))
        reason = request.form.get("reason", "")
        return verdict, RejectionReason(reason).value if reason else ""
    except ValueError:
        return None


def _status(text: str) -> CommentStatus:
    try:
        return CommentStatus(text)
    except ValueError:
        return CommentStatus.HELD


def _next(path: str, kept: dict[str, object], page: object) -> str:
    if page is None:
        return ""
    return f"{path}?{urlencode({**{name: value for name, value in kept.items() if value}, 'page': page})}"


def _csv(lines: Iterator[LogLine]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for number, line in enumerate(lines, start=1):
        by = rules.cell(line.by_name) if line.by_name else rules.ACTOR_CODES[line.deed]
        at = line.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        states = (line.from_status or "", line.to_status)
        writer.writerow(
            (line.id, at, by, line.comment_id, *states, line.reason, line.policy, line.undo_of or "")
        )
        if number % 200 == 0:  # some 15 KB a piece
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _here() -> str:
    return rules.way_back(request.full_path if request.query_string else request.path)
