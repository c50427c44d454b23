"""Storing what readers write, with the reasons, hosts and fingerprints of each comment."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.habits import hosts
from cms.comments.likeness import bands, likeness
from cms.comments.models import Comment, CommentHost, CommentVersion, HoldReason, LikenessBand
from cms.comments.rules import CommentStatus, VersionKind
from cms.comments.signals import Lane, Reason
from cms.db import table_of
from cms.storage.inserts import IdAllocator, PrebuiltInsert
from cms.storage.rows import changed_any

HOST_MAX_CHARS = 253  # RFC 1035, section 2.3.4
HOSTS_KEPT = 20  # of one comment; whoever names more is found by any of these
_COMMENT = table_of(Comment)
_UNJUDGED = {"status": CommentStatus.HELD, "lane": Lane.NEEDS_THOUGHT, "score": 0, "likeness": 0}
_CORRECTED_AT = (  # while nothing but an editor has changed the text since
    sa.select(
        sa.case((col(CommentVersion.kind) == VersionKind.CORRECTED, col(CommentVersion.at)), else_=sa.null())
    )
    .where(
        col(CommentVersion.comment_id) == col(Comment.id),
        col(CommentVersion.kind).in_((VersionKind.CORRECTED, VersionKind.TAKEN, VersionKind.REPLACED)),
    )
    .order_by(col(CommentVersion.id).desc())
    .limit(1)
    .correlate(Comment)
    .scalar_subquery()
)
_IDS = IdAllocator(_COMMENT)
expect_comment = _IDS.expect  # so that what store_comment() asks for comes with another answer
_HOLD = PrebuiltInsert(table_of(HoldReason), "comment_id", "code", "measure", "waiting_since")
_BAND = PrebuiltInsert(table_of(LikenessBand), "band", "likeness", new_only=True)
_HOST = PrebuiltInsert(table_of(CommentHost), "comment_id", "host", "waiting_since")


def store_comment(session: Session, comment: Mapping[str, Any], reasons: Iterable[Reason]) -> int:
    """Store a comment, given by the columns of its row, with the reasons why it is held; return its id.

    Without a `root_id` it begins a thread of its own, without a `fold_id` a fold of its own. Its rows are stored before
    anything reads them. IntegrityError, raised then or at the commit, means that an equal comment (by `repeat_key`) is
    held already.
    """
    comment_id = _IDS.next(session)
    row = {**_UNJUDGED, "notify": False, **comment, "id": comment_id}
    row["root_id"], row["fold_id"] = row.get("root_id") or comment_id, row.get("fold_id") or comment_id
    row["waiting_since"] = row["created_at"] if row["status"] is CommentStatus.HELD else None
    _storing(tuple(row)).store_later(session, [row])
    beside = _beside(comment_id, row["waiting_since"])
    _give_reasons(session, beside, reasons)
    _band(session, row["likeness"])
    _name_hosts(session, beside, row["body_text"])
    return comment_id


def note_hosts(session: Session, comment_id: int, body_text: str) -> None:
    """Keep which hosts stand in a comment, in place of those that stood there before."""
    session.execute(sa.delete(CommentHost).where(col(CommentHost.comment_id) == comment_id))
    _name_hosts(session, _beside(comment_id), body_text)


def judge_anew(
    session: Session, comment_id: int, reasons: Iterable[Reason], *, score: int, lane: Lane
) -> None:
    """Give a comment new reasons to wait, a new score and a new lane, after its writer has edited it."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(score=score, lane=lane))
    session.execute(sa.delete(HoldReason).where(col(HoldReason.comment_id) == comment_id))
    _give_reasons(session, _beside(comment_id), reasons)


def set_fold(session: Session, comment_id: int, *, likeness: int, fold_id: int) -> None:
    """Give a comment that was stored without them its fingerprint and its fold of near-copies."""
    session.execute(
        sa.update(Comment).where(col(Comment.id) == comment_id).values(likeness=likeness, fold_id=fold_id)
    )
    _band(session, likeness)


def rewrite(session: Session, comment_id: int, *, name: str, body_text: str, body_html: str) -> None:
    """Let a comment say something else; it leaves its fold, and what it said before may be sent as a new comment.

    Call it last: whether it bears the mark of a correction follows from what was taken out of use, and when.
    """
    alike = likeness(body_text)
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == comment_id)
        .values(
            name=name,
            body_text=body_text,
            body_html=body_html,
            likeness=alike,
            fold_id=comment_id,
            facts=None,
            repeat_key=None,
            corrected_at=_CORRECTED_AT,
        )
    )
    _band(session, alike)
    note_hosts(session, comment_id, body_text)


def set_body_html(session: Session, comment_id: int, body_html: str, *, of: str) -> bool:
    """Give a comment the HTML that was made from its text; tell whether that is still its text."""
    mine = sa.and_(col(Comment.id) == comment_id, col(Comment.body_text) == of)
    return changed_any(session, sa.update(Comment).where(mine).values(body_html=body_html))


@cache
def _storing(names: tuple[str, ...]) -> PrebuiltInsert:
    return PrebuiltInsert(_COMMENT, *names)


def _beside(comment_id: int, waiting_since: datetime | None = None) -> dict[str, Any]:
    return {"comment_id": comment_id, "waiting_since": waiting_since}  # None: the database looks it up


def _give_reasons(session: Session, beside: Mapping[str, Any], reasons: Iterable[Reason]) -> None:
    _HOLD.store_later(session, [{**beside, "code": one.code, "measure": one.measure} for one in reasons])


def _band(session: Session, alike: int) -> None:
    if alike:
        _BAND.store_later(session, [{"band": band, "likeness": alike} for band in bands(alike)])


def _name_hosts(session: Session, beside: Mapping[str, Any], body_text: str) -> None:
    named = dict.fromkeys(host[:HOST_MAX_CHARS] for host in hosts(body_text)[:HOSTS_KEPT])
    _HOST.store_later(session, [{**beside, "host": host} for host in named])
