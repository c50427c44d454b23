"""Judging what waits and was never judged, since an import brought it in."""

from datetime import datetime, timedelta

from sqlmodel import Session

from cms.comments.actions.assessing import findings_on
from cms.comments.actions.joining import fold_of, lane_in
from cms.comments.judged import JudgedComment
from cms.comments.queries.unjudged import unjudged
from cms.comments.writes import storing
from cms.jobs import Job
from cms.moderation.writes.log import lock_log
from cms.site import Site

AT_ONCE = 10  # in a transaction: some 40 ms in which nobody else can write
IN_A_ROW = 2_000  # then other jobs have their turn; the rest follows a minute later


def is_wanted(site: Site, _now: datetime) -> bool:
    """Tell whether anything waits that was never judged; one SELECT over what waits."""
    with site.database.reading() as session:
        return bool(unjudged(session, size=1))


def catch_up(site: Site, _now: datetime) -> None:
    """Give what waits its signals, score, lane, hosts and fold, oldest first, as if it had come in by the form.

    What an import did not bring along (network, haste, trap) says nothing. What is decided about meanwhile is left.
    """
    for _ in range(0, IN_A_ROW, AT_ONCE):
        with site.database.writing() as session:
            found = unjudged(session, size=AT_ONCE, to_change=True)
            # As who sends a comment does: of the same new texts each would wait for the other's.
            lock_log(session)
            for comment in found:
                _judge(session, comment)
            session.commit()
        if len(found) < AT_ONCE:
            return


def _judge(session: Session, comment: JudgedComment) -> None:
    findings = findings_on(session, comment)
    found = findings.assessment()
    fold_id = fold_of(session, comment.body_text, findings.likeness, findings.folds)
    lane, comment_id = lane_in(session, fold_id, found.lane), comment.comment_id
    storing.judge_anew(session, comment_id, found.reasons, score=found.score, lane=lane)
    storing.set_fold(session, comment_id, likeness=findings.likeness, fold_id=fold_id or comment_id)
    storing.note_hosts(session, comment_id, comment.body_text)


JOB = Job("comments brought in", timedelta(minutes=1), catch_up, is_wanted)
