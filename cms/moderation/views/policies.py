"""Where moderators read what shall become of comments to come, and switch it off."""

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.accounts.rules import Act, may
from cms.moderation.actions.policies import TooManyPolicies, switch
from cms.moderation.forms.policies import WRITTEN
from cms.moderation.queries.policies import LISTED, PolicyLine, policies, policy
from cms.moderation.views.parts import reason_words
from cms.moderation.wording import EFFECT_SENTENCES, KIND_SENTENCES, WHICH_SENTENCES
from cms.web import clock, language, private_page, say, see_other, site

blueprint = Blueprint("policies", __name__, url_prefix="/policies")
ROOM = "/moderation/policies/"
TABLES_OF_POLICIES = {
    "effect_sentences": EFFECT_SENTENCES,
    "kind_sentences": KIND_SENTENCES,
    "which_sentences": WHICH_SENTENCES,
}


@blueprint.get("/")
def listed() -> Response:
    """Show every policy, those in force first."""
    return _page()


@blueprint.get("/<int:policy_id>")
def show(policy_id: int) -> Response:
    """Show one policy."""
    found = _policy_or_404(policy_id)
    body = render_template("moderation/policy.html", **_tables(), it=found, may_switch=_may_switch(found))
    return private_page(body)


@blueprint.post("/<int:policy_id>/standing")
def change(policy_id: int) -> Response:
    """Switch a policy on or off: who may write policies any, others those that they have begun themselves."""
    found = _policy_or_404(policy_id)
    if not _may_switch(found):
        abort(403)
    if isinstance(
        switch(site(), staff().id, policy_id, clock(), on=request.form.get("on") == "yes"), TooManyPolicies
    ):
        return _page(say("Too many policies are in force. Switch one off first."))
    return see_other(f"{ROOM}{policy_id}")


def _page(problem: str = "") -> Response:
    with site().database.reading() as session:
        found = policies(session)
    now = clock()
    body = render_template(
        "moderation/policies.html",
        **_tables(),
        in_force=[one for one in found if one.is_in_force(now)],
        others=[one for one in found if not one.is_in_force(now)],
        is_cut=len(found) == LISTED,
        most=language().number(LISTED),
        kinds=[kind for kind in WRITTEN if kind.value != "commenter"],
        problem=problem,
    )
    return private_page(body, 422 if problem else 200)


def _tables() -> dict[str, object]:
    return {**TABLES_OF_POLICIES, "reason_sentences": reason_words(), "room": "policies", "now": clock()}


def _may_switch(found: PolicyLine) -> bool:
    return may(staff().role, Act.SHAPE) or found.by_id == staff().id


def _policy_or_404(policy_id: int) -> PolicyLine:
    with site().database.reading() as session:
        found = policy(session, policy_id)
    if found is None:
        abort(404)
    return found
