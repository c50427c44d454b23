"""What somebody is told of what became of comments: by a script, on the next page, on one of its own."""

from flask import Response, render_template, request

from cms.moderation import rules, wording
from cms.moderation.actions.outcomes import Outcome
from cms.moderation.queries.queue import waiting_count
from cms.moderation.rules import LeftAsItIs, Verdict
from cms.moderation.views.parts import (
    json_answer,
    left_sentence,
    note_done,
    tables,
    told_count,
    way_back,
)
from cms.web import language, private_page, say, site

LEFT_NAMED = 10  # the notice travels in a cookie of 4 KB; who needs more finds them in the log


def told(sentence: str, outcome: Outcome, *, asked_about: int) -> Response:
    """Return the outcome as a script takes it: 409 where the one comment asked about was left."""
    with site().database.reading() as session:
        waiting = waiting_count(session)
    number = len(outcome.decided) + len(outcome.unchanged)
    sentences = [say(sentence, number=language().number(number))] if number else []
    if outcome.refused:
        sentences.append(say("Its writer has taken this comment back, so it cannot be published."))
    sentences += [left_sentence(left) for left in outcome.left[:LEFT_NAMED]]
    return json_answer(
        409 if asked_about == 1 and (outcome.left or outcome.refused) else 200,
        " ".join(sentences),
        as_of=max(outcome.decided, default=0),
        decided=outcome.decided,
        undo={"path": "/moderation/undos", "fields": [["decision", str(one)] for one in outcome.decided]},
        unchanged=outcome.unchanged,
        left=[{"comment": left.comment_id, "said": left_sentence(left)} for left in outcome.left],
        refused=outcome.refused,
        waiting=told_count(waiting),
    )


def told_plainly(said: str, undo: dict[str, object]) -> Response:
    """Return what a script is told of a deed that decided nothing, with what takes it back."""
    with site().database.reading() as session:
        waiting = waiting_count(session)
    return json_answer(200, said, decided=[], undo=undo, left=[], refused=[], waiting=told_count(waiting))


def left_page(left: LeftAsItIs, asked: tuple[Verdict, str] | None) -> Response:
    """Return the 409 that says who was faster, with both ways on."""
    may_go_on = asked is not None and left.deed is not rules.EntryKind.WITHDRAWN
    body = render_template(
        "moderation/left.html",
        **tables(),
        room="moderation",
        left=left,
        verdict=asked[0] if asked and may_go_on else None,
        anyway=say(wording.ANYWAY_SENTENCES[asked[0]]) if asked else "",
        reason=asked[1] if asked else "",
        note=request.form.get("note", "") if asked else "",
        back=way_back(),
    )
    return private_page(body, 409)


def note_outcome(sentence: str, number: int, outcome: Outcome, *, undoes: bool = True) -> None:
    """Keep for the next page what was done and what was left."""
    sentences = [say(sentence, number=language().number(number))] if number else []
    sentences += [left_sentence(left) for left in outcome.left[:LEFT_NAMED]]
    if len(outcome.left) > LEFT_NAMED:
        others = language().number(len(outcome.left) - LEFT_NAMED)
        sentences.append(say("Others had been decided meanwhile too: %(number)s.", number=others))
    if outcome.refused:
        number_refused = language().number(len(outcome.refused))
        sentences.append(
            say("Taken back by their writers and not published: %(number)s.", number=number_refused)
        )
    note_done(sentences, outcome.decided if undoes else (), alarm=bool(outcome.left or outcome.refused))
