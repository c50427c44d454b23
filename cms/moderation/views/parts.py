"""What several pages of the dashboard are made with: the tables of sentences, notices, ways back and on."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, flash, get_flashed_messages, request

from cms import sanitize
from cms.comments.signals import HOLD_SENTENCES, LANE_SENTENCES
from cms.moderation import rules, wording
from cms.moderation.corrections import CORRECTION_SENTENCES
from cms.moderation.queries.reasons import ReasonLine, reason, reasons
from cms.moderation.rules import REASON_SENTENCES, LeftAsItIs, Verdict
from cms.reports.rules import REPORT_SENTENCES
from cms.text.numbers import whole_number
from cms.web import language, say, site

TABLES: dict[str, object] = {
    "report_sentences": REPORT_SENTENCES,
    "note_max_chars": rules.NOTE_MAX_CHARS,
    "hold_sentences": HOLD_SENTENCES,
    "status_sentences": wording.STATUS_SENTENCES,
    "verdict_sentences": wording.VERDICT_SENTENCES,
    "verdict_keys": wording.VERDICT_KEYS,
    "key_sentences": wording.KEY_SENTENCES,
    "said_sentences": wording.SAID_SENTENCES,
    "reasons_offered": (),  # and their sentences, where a page shows none
    "reason_sentences": {},
    "correction_sentences": CORRECTION_SENTENCES,
    "deed_sentences": wording.DEED_SENTENCES,
    "actor_sentences": wording.ACTOR_SENTENCES,
    "lane_sentences": LANE_SENTENCES,
    "filter_sentences": wording.FILTER_SENTENCES,
    "signal_names": wording.SIGNAL_SENTENCES,
}


def tables() -> dict[str, Any]:  # Any: tables of many kinds
    """Return the tables of sentences with the newsroom's reasons in its own words or the catalogue's; one SELECT."""
    with site().database.reading() as session:
        found = reasons(session)
    return {
        **TABLES,
        "reasons_offered": [one.code for one in found if not one.is_retired],
        "reason_sentences": {one.code: staff_sentence(one) for one in found},
    }


def reason_words(*, only_offered: bool = False) -> dict[str, str]:
    """Return what staff call each reason, by its code; one SELECT."""
    with site().database.reading() as session:
        found = reasons(session)
    return {one.code: staff_sentence(one) for one in found if not (only_offered and one.is_retired)}


def staff_sentence(one: ReasonLine) -> str:
    """Return what staff call a reason: the newsroom's own words, else the catalogue's."""
    sentence = REASON_SENTENCES.get(one.code, one.code)
    return one.staff_sentence or say(sentence)


def done() -> list[dict[str, Any]]:  # Any: what flash() kept
    """Return what was done on the page before, each note with the ids of the entries that undo it."""
    notes: list[Any] = get_flashed_messages()
    return [
        {**note, "undo": [i for first, last in note["undo"] for i in range(first, last + 1)]}
        for note in notes
    ]


def note_done(sentences: list[str], entries: Iterable[int], *, alarm: bool = False) -> None:
    """Keep for the next page what was done, and by which entries of the log; ids in a row make one stretch."""
    flash({"sentences": sentences, "alarm": alarm, "undo": _stretches(entries)})  # type: ignore[arg-type]  # any JSON will do


def left_sentence(left: LeftAsItIs) -> str:
    """Return who was faster with a comment, when, and what stands now."""
    is_state = left.by_name and left.deed not in rules.BESIDE_THE_STATE
    return say(
        "Left as it is: comment %(id)s. %(who)s, %(when)s: %(state)s.",
        id=left.comment_id,
        who=left.by_name or say(wording.ACTOR_SENTENCES[left.deed]),
        when=language().day_and_time(left.at, site().settings.timezone),
        state=say(wording.STATUS_SENTENCES[left.status] if is_state else wording.DEED_SENTENCES[left.deed]),
    )


def wants_json() -> bool:
    """Tell whether a script asks, which puts the answer into the page that it is on."""
    return request.accept_mimetypes.best == "application/json"


def json_answer(status: int, said: str, **values: object) -> Response:
    """Return what a script is told: the sentence to say, and what else it needs."""
    response = Response(json.dumps({"said": said, **values}), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def asked_verdict() -> tuple[Verdict, str] | None:
    """Return the verdict that a form asks for with its reason's code, or None where it makes no sense.

    A reason that was retired since the page was made is taken: she chose it from what she saw. One SELECT, for a reason.
    """
    try:
        verdict = Verdict(request.form.get("verdict", ""))
    except ValueError:
        return None
    code = request.form.get("reason", "")
    if not code:
        return verdict, ""
    with site().database.reading() as session:
        known = reason(session, code[: rules.CODE_MAX_CHARS])
    return (verdict, known.code) if known else None


def asked_note() -> str:
    """Return what was written for colleagues, tidied; whether it fits is the caller's to ask."""
    return sanitize.comment_text(request.form.get("note", ""))


def note_too_long() -> str:
    """Return the sentence for a note of more than NOTE_MAX_CHARS."""
    most = language().number(rules.NOTE_MAX_CHARS)
    return say("The note is too long: it takes at most %(limit)s characters.", limit=most)


def whole_as_of() -> int | None:
    """Return the entry of the log up to which somebody saw the page that a form was on, or None."""
    return whole_number(request.form.get("as_of", ""))


def local_moment(text: str) -> datetime | None:
    """Return the moment that a field for date and time names, in the site's own time zone, or None."""
    try:
        zone = ZoneInfo(site().settings.timezone)
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def here() -> str:
    """Return the address of this page, for forms that lead back to it."""
    return rules.way_back(request.full_path if request.query_string else request.path)


def way_back() -> str:
    """Return the page that a form was on."""
    return rules.way_back(request.form.get("back", ""))


def counted(number: int) -> str:
    """Return a bounded count in words: what is more than COUNTED_MAX ends in a plus."""
    if number > rules.COUNTED_MAX:
        return say("%(number)s+", number=language().number(rules.COUNTED_MAX))
    return language().number(number)


def told_count(number: int) -> dict[str, object]:
    """Return a bounded count as a script takes it."""
    exact = number <= rules.COUNTED_MAX
    return {"number": min(number, rules.COUNTED_MAX), "exact": exact, "words": counted(number)}


def next_address(path: str, kept: dict[str, object], page: object) -> str:
    """Return the address of a list's next page with what narrows it `kept`, '' where there is none."""
    if page is None:
        return ""
    return f"{path}?{urlencode({**{name: value for name, value in kept.items() if value}, 'page': page})}"


def _stretches(ids: Iterable[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for number in sorted(ids):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
