"""Letting the filter of spam learn from what was decided about an import's comments, where they came from."""

from cms.comments.actions.learning import learn
from cms.comments.rules import CommentStatus, Lesson
from cms.exchange import queries
from cms.exchange.actions.batches import transaction
from cms.exchange.actions.parcels import Run

# A second of work; from as many decisions on, more of them add little (measured by spam.py).
NEWEST_OF_EACH = 500
AT_ONCE = 50  # in a transaction, so that readers who send comments wait for a moment at most
TAUGHT_BY = {CommentStatus.APPROVED: Lesson.FINE, CommentStatus.SPAM: Lesson.SPAM}


def teach(run: Run) -> None:
    """Let the newest approved comments and the newest spam that came in teach, unless they have taught already."""
    for status, lesson in TAUGHT_BY.items():
        if not run.report.comments[status.value]:
            continue
        with run.site.database.reading() as session:
            newest = queries.newest_imported(session, status, NEWEST_OF_EACH)
        for start in range(0, len(newest), AT_ONCE):
            with transaction(run) as session:
                learn(session, dict.fromkeys(newest[start : start + AT_ONCE], lesson))
                session.commit()
