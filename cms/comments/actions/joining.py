"""Laying a new comment to the near-copies of its text that came before it, so that a moderator sees them as one."""

from sqlmodel import Session

from cms.comments import writes
from cms.comments.likeness import are_copies
from cms.comments.queries import copies
from cms.comments.signals import Lane
from cms.moderation.campaigns import facts


def join(session: Session, body_text: str, likeness: int, lane: Lane) -> tuple[int | None, Lane]:
    """Return the fold of a text (None: it begins its own) and its lane: a fold waits together, where the worst one does.

    One SELECT, one more and at most two UPDATEs in the life of a fold where there is one.
    """
    fold_id = _fold(session, body_text, likeness)
    if fold_id is None:
        return None, lane
    lanes = list(Lane)
    present = copies.lane_of_fold(session, fold_id)
    if present is None or lanes.index(present) >= lanes.index(lane):
        return fold_id, present or lane
    writes.move_fold(session, fold_id, lane)
    return fold_id, lane


def _fold(session: Session, body_text: str, likeness: int) -> int | None:
    """Return the fold whose first comment this text copies without a change of host, address or number."""
    if not likeness:
        return None
    told = facts(body_text)
    for first in copies.firsts(session, likeness):
        if are_copies(first.likeness, likeness) and facts(first.body_text) == told:
            return first.id
    return None
