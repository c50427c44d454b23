"""The newsroom's deed beforehand: what its policies say of a comment that comes in, or of what it shall say."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode, Reason
from cms.comments.writes import changing
from cms.moderation.policies import STATUS_BY, PolicyRuling, Said, policy_name
from cms.moderation.queries.policies import beside, in_force
from cms.moderation.rules import EntryKind
from cms.moderation.writes.log import lock_log, unsigned_entry, write_decision
from cms.moderation.writes.policies import count_hit
from cms.moderation.writes.status import set_status


def ruling(session: Session, said: Said, now: datetime) -> PolicyRuling | None:
    """Return what the strictest policy in force says of a comment, and count it; None where none says anything.

    One SELECT where no policy is met; one more where one asks for the section or for what the writer has published, and
    an UPDATE where one is met, which holds the policy until this transaction ends. The log is locked before it: who
    stores several comments in one transaction would else wait in a circle with another who does.
    """
    found = _met(session, said, now)
    if found:
        lock_log(session)
    return next((one for one in found if count_hit(session, one.policy_id, now)), None)


def is_held_by_policy(session: Session, said: Said, now: datetime) -> bool:
    """Tell whether any policy in force says something of a comment; counts nothing. One to three SELECTs."""
    return bool(_met(session, said, now))


def with_policy(reasons: Sequence[Reason], ruled: PolicyRuling | None) -> tuple[Reason, ...]:
    """Return the reasons why a comment is held, with the policy that says so among them."""
    return (*reasons, Reason(HoldCode.POLICY, ruled.policy_id)) if ruled else tuple(reasons)


def carry_out(
    session: Session, ruled: PolicyRuling, comment_id: int, now: datetime, *, repeat_key: str = ""
) -> None:
    """Decide about a held comment as a policy of the newsroom says.

    An undo of the decision about many that the policy goes on with takes this back as well.
    """
    status = STATUS_BY[ruled.effect]
    decide_by_policy(
        session,
        comment_id,
        status,
        now,
        policy=policy_name(ruled.policy_id),
        reason=ruled.reason if status is CommentStatus.REJECTED else "",
        batch_id=ruled.batch_id,
        repeat_key=repeat_key,
    )


def decide_by_policy(
    session: Session,
    comment_id: int,
    status: CommentStatus,
    now: datetime,
    *,
    policy: str,
    reason: str = "",
    batch_id: int | None = None,
    repeat_key: str = "",
) -> None:
    """Give a held comment another status, for which `policy` stands in the log and no person.

    Its writer sees what goes to the spam folder so as if it waited: with `repeat_key` the same text sent again leads to
    this comment. The filter learns nothing, since only people teach.
    """
    set_status(session, comment_id, status=status, now=now)
    if repeat_key and status is CommentStatus.SPAM:
        changing.keep_repeat(session, comment_id, repeat_key)
    entry = unsigned_entry(comment_id, EntryKind.DECIDED, CommentStatus.HELD, status, now)
    entry.reason, entry.policy, entry.batch_id = reason, policy, batch_id
    write_decision(session, entry)


def _met(session: Session, said: Said, now: datetime) -> list[PolicyRuling]:
    return in_force(session, now).rulings(said, beside(session, said.article_id, said.email_fingerprint), now)
