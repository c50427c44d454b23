"""Where moderators read what was decided."""

import csv
import io
from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request

from cms.accounts.queries import staff_list
from cms.moderation import rules, wording
from cms.moderation.queries.log import LogLine, Wanted, log_lines, log_page
from cms.moderation.views.parts import done, here, local_moment, next_address, tables
from cms.web import private_page, site

blueprint = Blueprint("log", __name__)
_ASKED_FOR = frozenset({"comment", "by", "article", "commenter", "batch", "policy", "since", "until"})
COLUMNS = ("id", "at", "by", "comment", "from", "to", "reason", "policy", "undo_of")


@blueprint.get("/log")
def show() -> Response:
    """Show decisions, newest first; `?comment=` shows those about one, other fields those that they name."""
    wanted = _wanted()
    after = rules.whole_numbers(request.args.getlist("page"))
    with site().database.reading() as session:
        page = log_page(
            session,
            wanted,
            after=after[0] if after else None,
            size=site().settings.queue_size,
        )
        people = staff_list(session)
    body = render_template(
        "moderation/log.html",
        **tables(),
        room="log",
        rows=page.rows,
        comment_id=wanted.comment_id or None,
        wanted=wanted,
        is_narrowed=bool(_ASKED_FOR & set(request.args)),
        people=people,
        since=request.args.get("since", ""),
        until=request.args.get("until", ""),
        next_url=next_address("/moderation/log", _kept(), page.next_page),
        back=here(),
        done=done(),
    )
    return private_page(body)


@blueprint.get("/log.csv")
def table() -> Response:
    """Send the whole log as a table for other programs, as it is read from the database."""
    response = Response(_csv(log_lines(site().database)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="moderation-log.csv"'
    return response


def _wanted() -> Wanted:
    return Wanted(
        comment_id=_number("comment"),
        staff_id=_number("by"),
        article_id=_number("article"),
        commenter=_number("commenter"),
        batch_id=_number("batch"),
        policy_id=_number("policy"),
        since=local_moment(request.args.get("since", "")),
        until=local_moment(request.args.get("until", "")),
    )


def _number(name: str) -> int:
    found = rules.whole_numbers(request.args.getlist(name))
    return found[0] if found else 0


def _kept() -> dict[str, object]:
    return {name: request.args.get(name, "") for name in sorted(_ASKED_FOR)}


def _csv(lines: Iterator[LogLine]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for number, line in enumerate(lines, start=1):
        by = rules.cell(line.by_name) if line.by_name else wording.ACTOR_CODES[line.actor]
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
