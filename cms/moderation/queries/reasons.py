"""The reasons for which comments are not published, as the newsroom has them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.moderation.models import RejectionReason
from cms.moderation.rules import REASONS_MAX


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason; an empty sentence is the catalogue's, where that has one."""

    code: str
    place: int
    staff_sentence: str
    public_sentence: str
    teaches_spam: bool
    retired_at: datetime | None

    @property
    def is_retired(self) -> bool:
        """Whether nobody can choose it any more."""
        return self.retired_at is not None


_LINES = (
    sa.select(
        col(RejectionReason.code),
        col(RejectionReason.place),
        col(RejectionReason.staff_sentence),
        col(RejectionReason.public_sentence),
        col(RejectionReason.teaches_spam),
        col(RejectionReason.retired_at),
    )
    .order_by(col(RejectionReason.place), col(RejectionReason.code))
    .limit(2 * REASONS_MAX)  # two who add at the same moment may pass the bound by one
)
_SPAM = (
    sa.select(col(RejectionReason.code))
    .where(col(RejectionReason.teaches_spam))
    .order_by(RejectionReason.code)
)


def reasons(session: Session) -> tuple[ReasonLine, ...]:
    """Return every reason in the newsroom's order, the retired among them; one SELECT."""
    return tuple(ReasonLine(*row) for row in session.execute(_LINES))


def spam_reasons(session: Session) -> frozenset[str]:
    """Return the codes of the reasons that teach the filter of spam; one SELECT."""
    return frozenset(session.execute(_SPAM).scalars())


def reason(session: Session, code: str) -> ReasonLine | None:
    """Return the reason with this code, or None; one SELECT."""
    row = session.execute(_LINES.where(col(RejectionReason.code) == code)).one_or_none()
    return ReasonLine(*row) if row else None
