"""Teaching the filter of spam what people decide, and taking it back."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlmodel import Session

from cms.comments import features
from cms.comments.likeness import likeness
from cms.comments.queries import learnt
from cms.comments.queries.learnt import Pupil
from cms.comments.rules import Lesson
from cms.comments.writes import teaching

# Of what one decision covers; thousands are alike, and each takes half a millisecond to read.
TAUGHT_AT_ONCE = 200
Known = set[tuple[int, Lesson]]  # by fingerprint of a text
Changes = dict[int, tuple[int, int]]  # by bucket: what to add to its counts of spam and fine


def learn(session: Session, wanted: Mapping[int, Lesson | None]) -> None:
    """Teach the filter what each of these comments is to teach, None for nothing; undo what it taught before.

    The caller holds the locks of the comments and of the log, so that nobody else teaches meanwhile. A text teaches
    once, however many copies of it are decided about. A comment that is gone teaches nothing. Of one decision about
    many comments the first TAUGHT_AT_ONCE teach. Three statements for one comment, five at most, none for no comment.
    """
    if not wanted:
        return
    pupils = [pupil for pupil in learnt.pupils(session, wanted) if pupil.lesson is not wanted[pupil.id]]
    gone = {pupil.id for pupil in pupils if pupil.lesson}
    fresh = [pupil for pupil in pupils if wanted[pupil.id] and pupil.body_text][:TAUGHT_AT_ONCE]
    changes: Changes = {}
    for pupil in pupils:
        if pupil.lesson:
            _add(changes, pupil.buckets, pupil.lesson, -1)
    rows = _teach(changes, fresh, wanted, _known(session, fresh, gone))
    teaching.drop_lessons(session, gone - {row["comment_id"] for row in rows})
    teaching.keep_lessons(session, rows)
    if changes := {bucket: change for bucket, change in changes.items() if change != (0, 0)}:
        teaching.count_lessons(session, changes)


def _known(session: Session, pupils: Iterable[Pupil], gone: Collection[int]) -> Known:
    """Return which of these texts teach already by a copy that goes on teaching, and what."""
    known = {(pupil.likeness, lesson) for pupil in pupils for twin, lesson in pupil.twins if twin not in gone}
    # Comments that were stored before likenesses were.
    unmarked = [likeness(pupil.body_text) for pupil in pupils if not pupil.likeness]
    return known | learnt.taught_likenesses(session, unmarked, but=gone) if unmarked else known


def _teach(
    changes: Changes, pupils: Iterable[Pupil], wanted: Mapping[int, Lesson | None], known: Known
) -> list[dict[str, Any]]:
    """Count what each of these teaches; return the rows of those that do, since a text teaches once."""
    rows = []
    for pupil in pupils:
        lesson, fingerprint = wanted[pupil.id], pupil.likeness or likeness(pupil.body_text)
        if lesson is None or (fingerprint and (fingerprint, lesson) in known):
            continue
        known.add((fingerprint, lesson))
        shown = features.buckets(pupil.name, pupil.body_text)
        _add(changes, shown, lesson, 1)
        rows.append(
            {
                "comment_id": pupil.id,
                "lesson": lesson,
                "likeness": fingerprint,
                "buckets": features.packed(shown),
            }
        )
    return rows


def _add(changes: Changes, buckets: Iterable[int], lesson: Lesson, number: int) -> None:
    spam, fine = (number, 0) if lesson is Lesson.SPAM else (0, number)
    for bucket in buckets:
        so_far = changes.get(bucket, (0, 0))
        changes[bucket] = (so_far[0] + spam, so_far[1] + fine)
