"""Keeping what moderators teach the filter."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import SpamLesson, SpamModel
from cms.storage.dialects import dialect_of, insert_into

_COUNT_SQLITE = sa.text(
    "INSERT INTO spam_word (bucket, spam, fine)"
    " SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')"
    " FROM json_each(:rows) WHERE true"
    " ON CONFLICT (bucket) DO UPDATE SET spam = spam_word.spam + excluded.spam, fine = spam_word.fine + excluded.fine"
)
_COUNT_POSTGRESQL = sa.text(
    "INSERT INTO spam_word (bucket, spam, fine)"
    " SELECT * FROM unnest(CAST(:buckets AS integer[]), CAST(:spam AS integer[]), CAST(:fine AS integer[]))"
    " ON CONFLICT (bucket) DO UPDATE SET spam = spam_word.spam + excluded.spam, fine = spam_word.fine + excluded.fine"
)


def count_lessons(session: Session, changes: Mapping[int, tuple[int, int]]) -> None:
    """Add to each bucket's counts of spam and fine lessons; rows are touched in key order. One statement."""
    ordered = sorted(changes)
    spam, fine = [changes[bucket][0] for bucket in ordered], [changes[bucket][1] for bucket in ordered]
    if dialect_of(session) == "sqlite":
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
