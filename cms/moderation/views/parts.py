"""What several pages of the dashboard are made with: the tables of sentences, notices, ways back and on."""

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, get_flashed_messages, request

from cms.comments.signals import HOLD_SENTENCES
from cms.moderation import rules

TABLES = {
    "hold_sentences": HOLD_SENTENCES,
    "status_sentences": rules.STATUS_SENTENCES,
    "verdict_sentences": rules.VERDICT_SENTENCES,
    "verdict_keys": rules.VERDICT_KEYS,
    "key_sentences": rules.KEY_SENTENCES,
    "said_sentences": rules.SAID_SENTENCES,
    "reason_sentences": rules.REASON_SENTENCES,
    "deed_sentences": rules.DEED_SENTENCES,
    "actor_sentences": rules.ACTOR_SENTENCES,
}


def done() -> list[dict[str, Any]]:  # Any: what flash() kept
    """Return what was done on the page before, each note with the ids of the entries that undo it."""
    notes: list[Any] = get_flashed_messages()
    return [
        {**note, "undo": [i for first, last in note["undo"] for i in range(first, last + 1)]}
        for note in notes
    ]


def wants_json() -> bool:
    """Tell whether a script asks, which puts the answer into the page that it is on."""
    return request.accept_mimetypes.best == "application/json"


def json_answer(status: int, said: str, **values: object) -> Response:
    """Return what a script is told: the sentence to say, and what else it needs."""
    response = Response(json.dumps({"said": said, **values}), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def here() -> str:
    """Return the address of this page, for forms that lead back to it."""
    return rules.way_back(request.full_path if request.query_string else request.path)


def way_back() -> str:
    """Return the page that a form was on."""
    return rules.way_back(request.form.get("back", ""))


def next_address(path: str, kept: dict[str, object], page: object) -> str:
    """Return the address of a list's next page with what narrows it `kept`, '' where there is none."""
    if page is None:
        return ""
    return f"{path}?{urlencode({**{name: value for name, value in kept.items() if value}, 'page': page})}"
