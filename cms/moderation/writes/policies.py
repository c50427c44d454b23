"""Storing and switching what moderation goes by: policies, and the reasons that it may give."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.moderation.models import Policy, RejectionReason
from cms.moderation.queries.reasons import ReasonLine
from cms.storage.rows import changed_any, stored


def store_policy(session: Session, policy: Policy) -> int:
    """Store a policy; return its id."""
    return stored(session, policy)


def switch_policy(session: Session, policy_id: int, staff_id: int, now: datetime, *, on: bool) -> bool:
    """Switch a policy on or off; False where it was so already, or where there is none such."""
    update = (
        sa.update(Policy)
        .where(col(Policy.id) == policy_id, col(Policy.is_on) != on)
        .values(is_on=on, switched_by=staff_id, switched_at=now)
    )
    return changed_any(session, update)


def switch_off_with_batch(session: Session, batch_id: int, staff_id: int, now: datetime) -> bool:
    """Switch off the policies that go on with a decision about many; False where there is none."""
    update = (
        sa.update(Policy)
        .where(col(Policy.batch_id) == batch_id, col(Policy.is_on))
        .values(is_on=False, switched_by=staff_id, switched_at=now)
    )
    return changed_any(session, update)


def count_hit(session: Session, policy_id: int, now: datetime) -> bool:
    """Count that a policy has met a comment; False where it is in force no longer, and then it is not to be applied.

    Until this transaction ends nobody can switch it off, so none is applied after that.
    """
    update = (
        sa.update(Policy)
        .where(
            col(Policy.id) == policy_id,
            col(Policy.is_on),
            sa.or_(col(Policy.ends_at).is_(None), col(Policy.ends_at) > now),
        )
        .values(hits=col(Policy.hits) + 1)
    )
    return changed_any(session, update)


def forget_whom_ended_ones_met(session: Session, moment: datetime) -> None:
    """Forget about whom policies were that had ended by `moment`."""
    session.execute(
        sa.update(Policy)
        .where(col(Policy.email_fingerprint).is_not(None), col(Policy.ends_at) <= moment)
        .values(email_fingerprint=None)
    )


def forget_whom_they_met(session: Session, fingerprint: str) -> None:
    """Let policies about the owner of an address be about nobody."""
    session.execute(
        sa.update(Policy).where(col(Policy.email_fingerprint) == fingerprint).values(email_fingerprint=None)
    )


def write_reasons(session: Session, lines: Sequence[ReasonLine]) -> None:
    """Let the newsroom's reasons be these, in this order."""
    for place, one in enumerate(lines, start=1):
        session.merge(
            RejectionReason(
                code=one.code,
                place=place,
                staff_sentence=one.staff_sentence,
                public_sentence=one.public_sentence,
                teaches_spam=one.teaches_spam,
                retired_at=one.retired_at,
            )
        )
    session.flush()
