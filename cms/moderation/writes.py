"""The log's new entries and the one place that changes a comment's status, beside what moderators choose."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.comments.upkeep import MERGE_COUNTS
from cms.db import table_of
from cms.moderation.models import (
    Batch,
    CommentCount,
    Decision,
    DecisionNote,
    DigestWish,
    ModeratorChoice,
    Note,
    Pause,
    Policy,
    ReadingNow,
    RejectionReason,
)
from cms.moderation.queries import entering
from cms.moderation.queries.reasons import ReasonLine
from cms.storage.dialects import insert_into
from cms.storage.prebuilt import Inserting, Prebuilt
from cms.storage.rows import changed_any, stored
from cms.storage.sessions import once
from cms.vault import random_mark

_SINCE_IT_CAME = sa.case(  # nobody decides about what its writer has taken back
    (sa.and_(col(Comment.withdrawn_at).is_(None), col(Comment.erased_at).is_(None)), col(Comment.created_at))
)
_DECISION, _COMMENT, _COUNT = table_of(Decision), table_of(Comment), table_of(CommentCount)
_NO_DECISION = dict.fromkeys(one.name for one in _DECISION.c if one.name != "id")
_NOTE = sa.insert(_DECISION).returning(_DECISION.c.id)
_NOTES = Inserting(_DECISION, *_NO_DECISION)
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_DECIDE, _UNDO = (
    sa.insert(_DECISION)
    .from_select(found.selected_columns.keys(), found, include_defaults=False)
    .returning(*(_DECISION.c[name] for name in ("undo_of", "comment_id", "from_status", "to_status")))
    for found in (entering.DECIDED, entering.UNDONE)
)
_SET = (
    sa.update(Comment)
    .where(_COMMENT.c.id.in_(_IDS))
    .execution_options(synchronize_session=False)
    .values(
        status=sa.bindparam("after", type_=_COMMENT.c.status.type),
        decided_at=sa.bindparam("now", type_=_COMMENT.c.decided_at.type),
        waiting_since=None,
        **dict.fromkeys(("escalated_at", "repeat_key", "reports", "reported_at")),
    )
)
_SET_HELD = _SET.values(decided_at=None, waiting_since=_SINCE_IT_CAME)
_PUT_BACK = (
    sa.update(_COMMENT)
    .where(_COMMENT.c.id == _DECISION.c.comment_id, _DECISION.c.id.in_(_IDS))
    .where(_DECISION.c.escalated_from.is_not(None))
    .values(escalated_at=_DECISION.c.escalated_from)
)
LOG_LOCK = 7_264_002  # PostgreSQL's sequences do not follow commits; one writer of the log at a time does
_LOCK_LOG = Prebuilt(sa.select(sa.func.pg_advisory_xact_lock(LOG_LOCK).label("lock")), overtakes=True)


def write_decision(session: Session, entry: Decision) -> int:
    """Add an entry to the log, in commit order; return its id."""
    lock_log(session)
    entry_id: int = session.execute(_NOTE, entry.model_dump(exclude={"id"})).scalar_one()
    return entry_id


def keep_note(session: Session, entry_id: int, comment_id: int, body_text: str) -> None:
    """Keep what was written beside an entry of the log; nothing for no text."""
    if body_text:
        session.add(DecisionNote(entry_id=entry_id, comment_id=comment_id, body_text=body_text))
        session.flush()


def lock_log(session: Session) -> None:
    """Let nobody else write to the log until this transaction ends.

    Comments are locked before the log, in order of their ids, and versions are bumped after it: who keeps
    to that never waits in a circle.
    """
    if session.get_bind().dialect.name == "postgresql":
        once(session, "lock of the log", lambda: _LOCK_LOG.put(session, {}))


def set_status(session: Session, comment_id: int, *, status: CommentStatus, now: datetime) -> None:
    """Give a comment its status, and with it its place in the queue; every decision answers an escalation.

    After any decision the same text sent again is a new comment.
    """
    set_statuses(session, [comment_id], status=status, now=now)


def set_statuses(session: Session, ids: Sequence[int], *, status: CommentStatus, now: datetime) -> None:
    """Give comments one status, as `set_status()` does."""
    statement = _SET_HELD if status is CommentStatus.HELD else _SET
    session.execute(statement, {"ids": ids, "after": status, "now": now})


def correct_counts(session: Session, by: Mapping[str, int]) -> None:
    """Add to the numbers that the database keeps up, whatever they have come to meanwhile."""
    added = {name: _COUNT.c[name] + wrong for name, wrong in by.items()}  # to SQLite's one row
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    session.execute(sa.update(_COUNT).values(added) if is_sqlite else sa.insert(_COUNT).values(by))


def merge_counts(session: Session) -> None:
    """Make one row of all that PostgreSQL has written down; what others write meanwhile stays for the next time."""
    session.execute(sa.text(MERGE_COUNTS))


def put_on_list(session: Session, comment_id: int, since: datetime | None) -> None:
    """Let a comment stand on the editors' list since a moment, or no longer (None)."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(escalated_at=since))


def put_back_on_list(session: Session, entry_ids: Sequence[int]) -> None:
    """Let comments stand on the editors' list since they did before these entries took them off it."""
    session.execute(_PUT_BACK, {"ids": entry_ids})


def store_note(session: Session, note: Note) -> int:
    """Store what somebody tells her colleagues; return its id."""
    return stored(session, note)


def drop_note(session: Session, note_id: int) -> None:
    """Take a note away for good."""
    session.execute(sa.delete(Note).where(col(Note.id) == note_id))


def write_decisions(
    session: Session, entries: Sequence[dict[str, Any]]
) -> None:  # Any: columns of many kinds
    """Add many entries to the log, in commit order, before anything looks at it."""
    lock_log(session)
    _NOTES.later(session, [{**_NO_DECISION, **entry} for entry in entries])


def decide_all(session: Session, said: Mapping[str, Any]) -> Sequence[Any]:  # Any: as above
    """Add to the log what entering.DECIDED finds, in commit order; return the comment's id and both states."""
    return session.execute(_DECIDE, said).all()


def undo_all(session: Session, said: Mapping[str, Any]) -> Sequence[Any]:  # Any: as above
    """Add to the log what entering.UNDONE finds, in commit order; return what `decide_all()` does, and `undo_of`."""
    return session.execute(_UNDO, said).all()


def begin_batch(session: Session, batch: Batch) -> int:
    """Store a decision about many comments, of which none is carried out yet; return its id."""
    return stored(session, batch)


def note_carried_out(session: Session, batch_id: int, number: int) -> None:
    """Count what was carried out of a batch."""
    session.execute(
        sa.update(Batch).where(col(Batch.id) == batch_id).values(carried_out=col(Batch.carried_out) + number)
    )


def finish_batch(session: Session, batch_id: int, now: datetime) -> None:
    """Note that nothing of a batch is left to do."""
    session.execute(
        sa.update(Batch)
        .where(col(Batch.id) == batch_id, col(Batch.finished_at).is_(None))
        .values(finished_at=now)
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


def note_reading(session: Session, staff_id: int, comment_id: int, now: datetime) -> None:
    """Note which card somebody reads."""
    session.merge(ReadingNow(staff_id=staff_id, comment_id=comment_id, seen_at=now))


def choose_shortcuts(session: Session, staff_id: int, *, on: bool) -> None:
    """Keep whether keys press buttons for one person of staff."""
    session.merge(ModeratorChoice(staff_id=staff_id, shortcuts=on))


def lock_article(session: Session, article_id: int) -> bool:
    """Let nobody else pause an article until this transaction ends; tell whether there is one."""
    locked = sa.select(col(Article.id)).where(col(Article.id) == article_id).with_for_update(key_share=True)
    return session.execute(locked).first() is not None


def close_until(session: Session, article_id: int, until: datetime | None) -> None:
    """Let an article take no comments until a moment, or take them again."""
    session.execute(
        sa.update(Article).where(col(Article.id) == article_id).values(comments_paused_until=until)
    )


def note_pause(session: Session, entry: Pause) -> None:
    """Keep who did what to an article's comments."""
    session.add(entry)
    session.flush()


def wish_digest(session: Session, staff_id: int, *, on: bool) -> None:
    """Keep whether one person of staff wishes for the daily letter; her link stays the same."""
    row = insert_into(session, DigestWish).values(staff_id=staff_id, mark=random_mark(), wished=on)
    session.execute(row.on_conflict_do_update(index_elements=["staff_id"], set_={"wished": on}))


def end_digest(session: Session, mark: str) -> None:
    """Note that whoever's link this is wishes for no more daily letters."""
    session.execute(sa.update(DigestWish).where(col(DigestWish.mark) == mark).values(wished=False))


def note_digest(session: Session, staff_id: int, day: date) -> bool:
    """Note that the letter of a day is put for somebody; False where it was already, by compare-and-set."""
    is_new = sa.or_(col(DigestWish.put_on).is_(None), col(DigestWish.put_on) < day)
    update = (
        sa.update(DigestWish)
        .where(col(DigestWish.staff_id) == staff_id, col(DigestWish.wished), is_new)
        .values(put_on=day)
    )
    return changed_any(session, update)
