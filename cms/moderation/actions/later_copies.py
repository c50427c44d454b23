"""A moderator's deed: going on for a day with what was decided about near-copies of a text."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cms.moderation.actions.policies import begin_policy
from cms.moderation.policies import COPIES_LAST, Effect, PolicyKind, Terms
from cms.moderation.queries.policies import met_with_batch
from cms.moderation.queries.standing import known_ids
from cms.moderation.rules import Verdict, reason_kept
from cms.moderation.writes.policies import switch_off_with_batch
from cms.pages.rules import POLICIES
from cms.pages.writes import bump

_EFFECTS = {Verdict.REJECT: Effect.REJECT, Verdict.SPAM: Effect.SPAM}  # nothing is approved unread


@dataclass(frozen=True, slots=True)
class CampaignRefusal:
    """What somebody says of the near-copies that began with the comment `campaign`, 0 for none."""

    staff_id: int
    verdict: Verdict
    reason: str
    campaign: int


def go_on(session: Session, refused: CampaignRefusal, batch_id: int, now: datetime) -> None:
    """Let later copies of a campaign that is rejected or called spam become the same for a day."""
    effect = _EFFECTS.get(refused.verdict)
    if effect is None or not known_ids(session, [refused.campaign]):
        return
    terms = Terms(
        PolicyKind.COPIES,
        effect,
        comment_id=refused.campaign,
        reason=reason_kept(refused.verdict, refused.reason),
        ends_at=now + COPIES_LAST,
        batch_id=batch_id,
    )
    begin_policy(session, refused.staff_id, terms, now)
    bump(session, [POLICIES])


def end_with(session: Session, batch_id: int, staff_id: int, now: datetime) -> int:
    """End what goes on with a decision about many; return how many comments it has met."""
    if switch_off_with_batch(session, batch_id, staff_id, now):
        bump(session, [POLICIES])
    return met_with_batch(session, batch_id)
