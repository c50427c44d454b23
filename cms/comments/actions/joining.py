"""Putting a new comment into the fold of its near-copies, so that a moderator sees them as one."""

from collections.abc import Collection

from sqlmodel import Session

from cms.comments.likeness import are_copies
from cms.comments.queries import copies
from cms.comments.signals import Lane
from cms.comments.writes import changing
from cms.moderation.campaigns import facts, may_state
from cms.storage.sessions import once_per_transaction


def fold_of(session: Session, body_text: str, likeness: int, folds: Collection[int]) -> int | None:
    """Return which of `folds` a text belongs to, None for none of them.

    It belongs to a fold if it copies the fold's first comment and changes no host, no address and no number in it.
    One SELECT, none if there are no folds.
    """
    if not folds:
        return None
    told = facts(body_text)
    for first in copies.firsts(session, folds):
        if (
            may_state(first.body_text, told)  # the cheapest test first, since it is False for most of them
            and are_copies(first.likeness, likeness)
            and facts(first.body_text) == told
        ):
            return first.id
    return None


def lane_in(session: Session, fold_id: int | None, lane: Lane) -> Lane:
    """Return the lane in which a comment waits with its fold: that of the worst comment of the fold.

    No SQL without a fold; else one SELECT for each fold in a transaction, and at most two UPDATEs in the life of a fold.
    The caller has locked the log, as has everybody who decides about the other comments of the fold.
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
    """Return the lanes of folds that this writing transaction has asked for or changed."""
    lanes: dict[int, Lane] = once_per_transaction(session, "lanes of folds", dict)
    return lanes
