"""Where editors write policies: first what each would have done, then the button that puts it in force."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.moderation import rules, wording
from cms.moderation.actions.policies import TooManyPolicies, keep_policy
from cms.moderation.forms.policies import WRITTEN, PolicyChoices, PolicyForm
from cms.moderation.policies import PolicyKind
from cms.moderation.queries.policies import PolicyLine, article_named, policy, writer_of
from cms.moderation.queries.sections import sections
from cms.moderation.queries.trials import SHOWN, Trial, trial
from cms.moderation.views.parts import reason_words
from cms.moderation.views.policies import ROOM, TABLES_OF_POLICIES
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("shaping", __name__, url_prefix="/policies")


@blueprint.get("/new")
def begin() -> Response:
    """Show the form for a policy of one kind, about whom or what an address names; or as another one says, to change it."""
    earlier = _earlier(request.args.get("replaces", ""))
    asked = _typed(earlier) if earlier else dict(request.args)
    return _form_page(_form(asked, data=asked))


@blueprint.post("/new")
def go_on() -> Response:
    """Show the form with what was typed, to be changed before it is saved."""
    return _form_page(_form(request.form))


@blueprint.post("/trials")
def attempt() -> Response:
    """Show what a policy would have done with what was decided last; changes nothing."""
    form = _form(request.form)
    return _trial_page(form) if form.validate() else _form_page(form, 422)


@blueprint.post("/")
def save() -> Response:
    """Put a policy in force, of which somebody has seen what it would have done."""
    form = _form(request.form)
    if not form.validate():
        return _form_page(form, 422)
    if request.form.get("tried") != form.as_tried():
        return _trial_page(form)
    replaces = rules.whole_numbers([form.replaces.data or ""])
    made = keep_policy(
        site(), staff().id, form.terms(clock()), clock(), replaces=replaces[0] if replaces else 0
    )
    if isinstance(made, TooManyPolicies):
        return _form_page(form, 422, say("Too many policies are in force. Switch one off first."))
    return see_other(f"{ROOM}{made}")


def _form(asked: Mapping[str, str], **more: Any) -> PolicyForm:
    kind = asked.get("kind", "")
    if kind not in {one.value for one in WRITTEN}:
        abort(404)
    with site().database.reading() as session:
        comment = rules.whole_numbers([asked.get("comment", "")])
        of_name, fingerprint = writer_of(session, comment[0]) if comment else ("", None)
        around = PolicyChoices(
            sections=sections(session),
            reasons=reason_words(only_offered=True),
            article=article_named(session, asked.get("article", "").strip()),
            of_name=of_name,
            email_fingerprint=fingerprint,
        )
    return PolicyForm(PolicyKind(kind), around, **more)


def _earlier(text: str) -> PolicyLine | None:
    number = rules.whole_numbers([text])
    with site().database.reading() as session:
        return policy(session, number[0]) if number else None


def _typed(earlier: PolicyLine) -> dict[str, str]:
    """Return what a policy says as its form has it; how long it holds is asked anew."""
    terms = earlier.terms
    return {
        "kind": terms.kind.value,
        "effect": terms.effect.value,
        "which": terms.which.value,
        "lines": terms.lines,
        "article": str(terms.article_id or ""),
        "section": str(terms.section_id or ""),
        "comment": str(terms.comment_id or ""),
        "score_from": str(terms.score_from or ""),
        "reason": terms.reason,
        "days": "" if terms.ends_at is None else "30",
        "replaces": str(earlier.id),
    }


def _form_page(form: PolicyForm, status: int = 200, problem: str = "") -> Response:
    body = render_template(
        "moderation/policy_form.html",
        **TABLES_OF_POLICIES,
        room="policies",
        form=form,
        kind=form.asked_kind,
        problem=problem,
        errors=form.problems(),
    )
    return private_page(body, status)


def _trial_page(form: PolicyForm) -> Response:
    now = clock()
    terms = form.terms(now)
    with site().database.reading() as session:
        found: Trial = trial(session, terms, now)
    body = render_template(
        "moderation/policy_trial.html",
        **TABLES_OF_POLICIES,
        status_sentences=wording.STATUS_SENTENCES,
        reason_sentences=form.around.reasons,
        room="policies",
        form=form,
        terms=terms,
        around=form.around,
        sections=dict(form.around.sections),
        found=found,
        shown=SHOWN,
        carried=form.typed(),
        tried=form.as_tried(),
    )
    return private_page(body)
