"""Storing what readers write."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.habits import hosts
from cms.comments.likeness import bands, likeness
from cms.comments.models import (
    Comment,
    CommentEdit,
    CommentHost,
    CommentVersion,
    HoldReason,
    LikenessBand,
    SpamLesson,
    SpamModel,
)
from cms.comments.rules import CommentStatus, VersionKind
from cms.comments.signals import HoldCode, Lane, Reason
from cms.db import table_of
from cms.storage.dialects import insert_into
from cms.storage.prebuilt import Inserting, Numbers

HOST_MAX_CHARS = 253  # RFC 1035, section 2.3.4
HOSTS_KEPT = 20  # of one comment; whoever names more is found by any of these
_ADDED = "ON CONFLICT (bucket) DO UPDATE SET spam = spam_word.spam + excluded.spam, fine = spam_word.fine + excluded.fine"
_COUNT_SQLITE = sa.text(
    "INSERT INTO spam_word (bucket, spam, fine)"  # noqa: S608  # words of ours, as below
    " SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')"
    f" FROM json_each(:rows) WHERE true {_ADDED}"
)
_COUNT_POSTGRESQL = sa.text(
    "INSERT INTO spam_word (bucket, spam, fine) SELECT *"  # noqa: S608
    f" FROM unnest(CAST(:buckets AS integer[]), CAST(:spam AS integer[]), CAST(:fine AS integer[])) {_ADDED}"
)
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
_IDS = Numbers(_COMMENT)
expect_comment = _IDS.expect  # so that what store_comment() asks for comes with another answer
_HOLD = Inserting(table_of(HoldReason), "comment_id", "code", "measure", "waiting_since")
_BAND = Inserting(table_of(LikenessBand), "band", "likeness", new_only=True)
_HOST = Inserting(table_of(CommentHost), "comment_id", "host", "waiting_since")


def store_comment(session: Session, comment: Mapping[str, Any], reasons: Iterable[Reason]) -> int:
    """Store a comment, given by the columns of its row, with the reasons why it is held; return its id.

    One that names no `root_id` begins its own thread, one that names no `fold_id` its own fold.
    It is in the database before anything looks at it; an IntegrityError says then, or at the commit, that an equal held
    one (by `repeat_key`) is there already.
    """
    comment_id = _IDS.next(session)
    row = {**_UNJUDGED, "notify": False, **comment, "id": comment_id}
    row["root_id"], row["fold_id"] = row.get("root_id") or comment_id, row.get("fold_id") or comment_id
    row["waiting_since"] = row["created_at"] if row["status"] is CommentStatus.HELD else None
    _storing(tuple(row)).later(session, [row])
    beside = _beside(comment_id, row["waiting_since"])
    _give_reasons(session, beside, reasons)
    _band(session, row["likeness"])
    _name_hosts(session, beside, row["body_text"])
    return comment_id


def note_hosts(session: Session, comment_id: int, body_text: str) -> None:
    """Keep which hosts stand in a comment, in place of those that stood there before."""
    session.execute(sa.delete(CommentHost).where(col(CommentHost.comment_id) == comment_id))
    _name_hosts(session, _beside(comment_id), body_text)


def move_fold(session: Session, fold_id: int, lane: Lane) -> None:
    """Let all near-copies that wait do so in one lane, but for one that somebody decides about or changes just now.

    Whoever waited for that one would do so with the log locked, for which it may be waiting in turn.
    """
    waiting = (
        sa.select(col(Comment.id))
        .where(col(Comment.fold_id) == fold_id, col(Comment.waiting_since).is_not(None))
        .with_for_update(key_share=True, skip_locked=True)
    )
    session.execute(sa.update(Comment).where(col(Comment.id).in_(waiting)).values(lane=lane))


def let_repeat(session: Session, comment_id: int) -> None:
    """Let the same text be stored anew, since the day in which it counted as a repeat is over."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(repeat_key=None))


def keep_repeat(session: Session, comment_id: int, repeat_key: str) -> None:
    """Let the same text sent again lead to this comment, though a policy has decided about it."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(repeat_key=repeat_key))


def mark_withdrawn(session: Session, comment_id: int, now: datetime) -> bool:
    """Note that the writer has withdrawn a comment and what she would have changed; False if it was withdrawn or erased."""
    session.execute(sa.delete(CommentEdit).where(col(CommentEdit.comment_id) == comment_id))
    done = session.execute(
        sa.update(Comment)
        .where(
            col(Comment.id) == comment_id,
            col(Comment.withdrawn_at).is_(None),
            col(Comment.erased_at).is_(None),
        )
        .values(withdrawn_at=now, waiting_since=None, escalated_at=None, repeat_key=None)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def set_body_html(session: Session, comment_id: int, body_html: str, *, of: str) -> bool:
    """Give a comment the HTML that was made from its text; tell whether that is still its text."""
    mine = sa.and_(col(Comment.id) == comment_id, col(Comment.body_text) == of)
    return bool(session.execute(sa.update(Comment).where(mine).values(body_html=body_html)).rowcount)  # type: ignore[attr-defined]  # it has it


def count_lessons(session: Session, changes: Mapping[int, tuple[int, int]]) -> None:
    """Add to each bucket's counts of spam and fine lessons; rows are touched in key order. One statement."""
    ordered = sorted(changes)
    spam, fine = [changes[bucket][0] for bucket in ordered], [changes[bucket][1] for bucket in ordered]
    if session.get_bind().dialect.name == "sqlite":
        rows = json.dumps(list(zip(ordered, spam, fine, strict=True)))
        session.execute(_COUNT_SQLITE, {"rows": rows})
    else:
        session.execute(_COUNT_POSTGRESQL, {"buckets": ordered, "spam": spam, "fine": fine})


def keep_lessons(session: Session, lessons: Sequence[dict[str, Any]]) -> None:
    """Remember what comments have taught, each by the columns of its row, in place of what it taught before."""
    if not lessons:
        return
    insert = insert_into(session, SpamLesson)
    said = {name: insert.excluded[name] for name in ("lesson", "likeness", "buckets")}
    session.execute(insert.on_conflict_do_update(index_elements=["comment_id"], set_=said), lessons)


def drop_lessons(session: Session, ids: Collection[int]) -> None:
    """Forget that these comments have taught anything; the counts are the caller's to take back."""
    if ids:
        session.execute(sa.delete(SpamLesson).where(col(SpamLesson.comment_id).in_(list(ids))))


def keep_weights(session: Session, *, mark: str, weights: bytes, lessons: int, now: datetime) -> None:
    """Put newly fitted weights, compressed, in the place of the earlier ones."""
    session.execute(sa.delete(SpamModel))
    session.add(SpamModel(mark=mark, weights=weights, lessons=lessons, fitted_at=now))
    session.flush()


def set_score(session: Session, comment_id: int, *, score: int, lane: Lane) -> None:
    """Give a comment the score and the lane that it has by what is known now."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(score=score, lane=lane))


def set_words(session: Session, comment_id: int, percent: int | None) -> None:
    """Note how much a comment's words are like spam, in place of what stood there."""
    is_words = col(HoldReason.code) == HoldCode.WORDS
    session.execute(sa.delete(HoldReason).where(col(HoldReason.comment_id) == comment_id, is_words))
    if percent is not None:
        session.add(HoldReason(comment_id=comment_id, code=HoldCode.WORDS, measure=percent))
        session.flush()


def judge_anew(
    session: Session, comment_id: int, reasons: Iterable[Reason], *, score: int, lane: Lane
) -> None:
    """Give a comment the reasons why what its writer wants it to say waits, and its place among what does."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(score=score, lane=lane))
    session.execute(sa.delete(HoldReason).where(col(HoldReason.comment_id) == comment_id))
    _give_reasons(session, _beside(comment_id), reasons)


def place(session: Session, comment_id: int, *, likeness: int, fold_id: int) -> None:
    """Lay a comment that was stored without it to its near-copies."""
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
            **dict.fromkeys(("facts", "repeat_key")),
            corrected_at=_CORRECTED_AT,
        )
    )
    _band(session, alike)
    note_hosts(session, comment_id, body_text)


def hold_edit(session: Session, edit: CommentEdit) -> None:
    """Let a change to an approved comment wait for a moderator, in place of an earlier one."""
    drop_edit(session, edit.comment_id)
    session.add(edit)
    session.flush()
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == edit.comment_id, col(Comment.withdrawn_at).is_(None))
        .values(waiting_since=edit.at)
    )


def drop_edit(session: Session, comment_id: int) -> None:
    """Take a held edit away; the comment waits for nothing more."""
    session.execute(sa.delete(CommentEdit).where(col(CommentEdit.comment_id) == comment_id))
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == comment_id, col(Comment.status) == CommentStatus.APPROVED)
        .values(waiting_since=col(Comment.reported_at))
    )


def keep_version(session: Session, version: CommentVersion) -> None:
    """Keep what an entry of the log takes out of use."""
    session.add(version)
    session.flush()


def change_version(
    session: Session, entry_id: int, *, into: int, kind: VersionKind, name: str = "", body_text: str = ""
) -> None:
    """Hand what the entry `entry_id` had kept on to the entry `into`, which undoes it."""
    session.execute(
        sa.update(CommentVersion)
        .where(col(CommentVersion.entry_id) == entry_id)
        .values(entry_id=into, kind=kind, name=name, body_text=body_text)
    )


def set_featured(session: Session, comment_id: int, at: datetime | None) -> None:
    """Put a comment forward since `at`, or no longer."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(featured_at=at))


def ask_second_look(session: Session, comment_id: int, now: datetime) -> bool:
    """Note that the writer wants a second look at a rejection; False where she had one."""
    done = session.execute(
        sa.update(Comment)
        .where(
            col(Comment.id) == comment_id,
            col(Comment.second_look_at).is_(None),
            col(Comment.status) == CommentStatus.REJECTED,
            col(Comment.withdrawn_at).is_(None),
            col(Comment.erased_at).is_(None),
        )
        .values(second_look_at=now, escalated_at=now)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


@cache
def _storing(names: tuple[str, ...]) -> Inserting:
    return Inserting(_COMMENT, *names)


def _beside(comment_id: int, waiting_since: datetime | None = None) -> dict[str, Any]:
    return {"comment_id": comment_id, "waiting_since": waiting_since}  # None: the database looks it up


def _give_reasons(session: Session, beside: Mapping[str, Any], reasons: Iterable[Reason]) -> None:
    _HOLD.later(session, [{**beside, "code": one.code, "measure": one.measure} for one in reasons])


def _band(session: Session, alike: int) -> None:
    if alike:
        _BAND.later(session, [{"band": band, "likeness": alike} for band in bands(alike)])


def _name_hosts(session: Session, beside: Mapping[str, Any], body_text: str) -> None:
    named = dict.fromkeys(host[:HOST_MAX_CHARS] for host in hosts(body_text)[:HOSTS_KEPT])
    _HOST.later(session, [{**beside, "host": host} for host in named])
