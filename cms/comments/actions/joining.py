"""Laying a new comment to the near-copies of its text that came before it, so that a moderator sees them as one."""

from collections.abc import Collection

from sqlmodel import Session

from cms.comments.likeness import are_copies
from cms.comments.queries import copies
from cms.comments.signals import Lane
from cms.comments.writes import changing
from cms.moderation.campaigns import facts, may_state
from cms.storage.sessions import once


def fold_of(session: Session, body_text: str, likeness: int, folds: Collection[int]) -> int | None:
    """Return which of `folds` a text belongs to: its first comment is copied without a change of host, address or number.

    One SELECT where there are any.
    """
    if not folds:
        return None
    told = facts(body_text)
    for first in copies.firsts(session, folds):
        if (
            may_state(first.body_text, told)  # the soonest to tell, as for most of them it is False
            and are_copies(first.likeness, likeness)
            and facts(first.body_text) == told
        ):
            return first.id
    return None


def lane_in(session: Session, fold_id: int | None, lane: Lane) -> Lane:
    """Return the lane in which a comment waits with its fold: all of it does where its worst one would.

    Nothing for None, else one SELECT for each fold of a transaction, and at most two UPDATEs in the life of a fold. Who
    stores it locks the log before, as whoever decides about the others does.
    """
    if fold_id is None:
        return lane
    lanes, known = list(Lane), _known_lanes(session)
    present = known.get(fold_id) or copies.lane_of_fold(session, fold_id)
    if present is None:
        return lane
    if lanes.index(present) < lanes.index(lane):
        changing.move_fold(session, fold_id, lane)
        present = lane
    known[fold_id] = present
    return present


def _known_lanes(session: Session) -> dict[int, Lane]:
    """Return the lanes of folds of which something waits, as a transaction that writes has seen or made them."""
    lanes: dict[int, Lane] = once(session, "lanes of folds", dict)
    return lanes
