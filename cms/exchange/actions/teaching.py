"""Training the spam filter with the decisions that WordPress's moderators made about imported comments."""

from cms.comments.actions.learning import learn
from cms.comments.rules import CommentStatus, Lesson
from cms.exchange.actions.preparing import Run
from cms.exchange.actions.storing import transaction
from cms.exchange.queries import imported

# A second of work; more decisions than these add little (measured by spam.py).
NEWEST_OF_EACH = 500
AT_ONCE = 50  # in one transaction, so that readers who send comments wait for a moment at most
TAUGHT_BY = {CommentStatus.APPROVED: Lesson.FINE, CommentStatus.SPAM: Lesson.SPAM}


def teach(run: Run) -> None:
    """Train the spam filter with the newest approved comments and the newest spam that this run imported."""
    for status, lesson in TAUGHT_BY.items():
        if not run.report.comments[status.value]:
            continue
        with run.site.database.reading() as session:
            newest = imported.newest_imported(session, status, NEWEST_OF_EACH)
        for start in range(0, len(newest), AT_ONCE):
            with transaction(run) as session:
                learn(session, dict.fromkeys(newest[start : start + AT_ONCE], lesson))
                session.commit()
