"""An editor's deed: saying beforehand what shall become of comments."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cms.moderation.models import Policy
from cms.moderation.policies import IN_FORCE_MAX, Effect, Terms
from cms.moderation.queries.policies import count_on, policy
from cms.moderation.writes.policies import store_policy, switch_policy
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site


@dataclass(frozen=True, slots=True)
class TooManyPolicies:
    """The refusal of one more policy than can be in force."""


def keep_policy(
    site: Site, staff_id: int, terms: Terms, now: datetime, *, replaces: int = 0
) -> int | TooManyPolicies:
    """Put a policy in force, and the one that it replaces out of it; return its number."""
    with site.database.writing() as session:
        if replaces:
            switch_policy(session, replaces, staff_id, now, on=False)
        if count_on(session, now) >= IN_FORCE_MAX:
            return TooManyPolicies()
        changed = {things.POLICIES, *_closed(terms)}
        replaced = policy(session, replaces) if replaces else None
        changed |= _closed(replaced.terms) if replaced else set()
        number = begin_policy(session, staff_id, terms, now, replaces=replaced.id if replaced else None)
        bump(session, changed)
        session.commit()
        return number


def begin_policy(
    session: Session,
    staff_id: int,
    terms: Terms,
    now: datetime,
    *,
    replaces: int | None = None,
) -> int:
    """Store a policy in an open transaction, whose caller bumps `POLICIES`; return its number."""
    row = Policy(
        kind=terms.kind,
        effect=terms.effect,
        which=terms.which,
        lines=terms.lines,
        article_id=terms.article_id,
        section_id=terms.section_id,
        comment_id=terms.comment_id,
        email_fingerprint=terms.email_fingerprint,
        score_from=terms.score_from,
        reason=terms.reason,
        staff_id=staff_id,
        made_at=now,
        ends_at=terms.ends_at,
        replaces=replaces,
        batch_id=terms.batch_id,
    )
    return store_policy(session, row)


def switch(site: Site, staff_id: int, policy_id: int, now: datetime, *, on: bool) -> bool | TooManyPolicies:
    """Switch a policy on or off; False where it was so already. Comments that are under way are waited for."""
    with site.database.writing() as session:
        if on and count_on(session, now) >= IN_FORCE_MAX:
            return TooManyPolicies()
        if not switch_policy(session, policy_id, staff_id, now, on=on):
            return False
        found = policy(session, policy_id)
        bump(session, {things.POLICIES, *(_closed(found.terms) if found else ())})
        session.commit()
        return True


def _closed(terms: Terms) -> set[str]:
    """Return the names of the things whose pages change with a policy: those that stop taking comments."""
    if terms.effect is not Effect.CLOSE:
        return set()
    if terms.article_id is not None:
        return {things.article(terms.article_id)}
    return {things.section(terms.section_id)} if terms.section_id is not None else set()
