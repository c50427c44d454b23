"""Teaching the filter of spam what people decide, and taking it back."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session

from cms.comments import features, writes
from cms.comments.likeness import likeness
from cms.comments.queries import learnt
from cms.comments.queries.learnt import Pupil, Taught
from cms.comments.rules import Lesson

TAUGHT_AT_ONCE = (
    200  # of what one decision covers; thousands are alike, and each takes half a millisecond to read
)
Changes = dict[int, tuple[int, int]]  # by bucket: what to add to its counts of spam and fine


def learn(session: Session, wanted: Mapping[int, Lesson | None]) -> None:
    """Let each comment teach what is wanted of it, None for nothing; what it taught before is taken back exactly.

    The caller holds the comments and the log, so nobody else learns meanwhile. A text teaches once, however many
    copies of it are decided about; one that is gone teaches nothing; of many at once the first TAUGHT_AT_ONCE teach. Six statements at most, none for no comment.
    """
    if not wanted:
        return
    before = learnt.taught(session, wanted)
    gone = {one: taught for one, taught in before.items() if wanted[one] is not taught.lesson}
    fresh = [one for one, lesson in wanted.items() if lesson and (one not in before or one in gone)]
    changes: Changes = {}
    if gone:
        writes.drop_lessons(session, gone)
        _take_back(changes, gone.values())
    if fresh:
        _teach(session, changes, learnt.pupils(session, fresh[:TAUGHT_AT_ONCE]), wanted)
    if changes := {bucket: change for bucket, change in changes.items() if change != (0, 0)}:
        writes.count_lessons(session, changes)


def _take_back(changes: Changes, taught: Iterable[Taught]) -> None:
    for one in taught:
        _add(changes, one.buckets, one.lesson, -1)


def _teach(
    session: Session, changes: Changes, pupils: Iterable[Pupil], wanted: Mapping[int, Lesson | None]
) -> None:
    fingerprints = {one.id: one.likeness or likeness(one.body_text) for one in pupils}
    known = learnt.taught_likenesses(session, fingerprints.values())
    rows = []
    for pupil in pupils:
        lesson, fingerprint = wanted[pupil.id], fingerprints[pupil.id]
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
    writes.keep_lessons(session, rows)


def _add(changes: Changes, buckets: Iterable[int], lesson: Lesson, number: int) -> None:
    spam, fine = (number, 0) if lesson is Lesson.SPAM else (0, number)
    for bucket in buckets:
        so_far = changes.get(bucket, (0, 0))
        changes[bucket] = (so_far[0] + spam, so_far[1] + fine)
