"""Storing a reader's comment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms.comments.actions.assessing import Assessment
from cms.comments.actions.joining import lane_in
from cms.comments.actions.preparing import Plan, Repeat, Submission, TooMany, plan_again, planned
from cms.comments.queries import copies
from cms.comments.rules import CommentStatus
from cms.comments.writes import changing, storing
from cms.limits import actions as limits
from cms.limits.rules import Ruling
from cms.moderation.actions.ruling import carry_out, decide_by_policy, ruling, with_policy
from cms.moderation.policies import Said
from cms.moderation.queries.policies import expect_policies
from cms.moderation.rules import SPAM_POLICY
from cms.moderation.writes.log import first_entry, lock_log, write_decisions
from cms.outbox.actions.announcing import ask_writer
from cms.site import Site
from cms.vault import secret_hash

TRIES = 3  # of one comment: an equal one may be stored at the same moment, and the second try finds it


def submit(site: Site, sent: Submission, now: datetime) -> str | TooMany:
    """Plan a comment in a transaction of its own, then store it as `store()` does."""
    with site.database.reading() as session:
        plan = planned(site, session, sent, now)
    return store(site, plan, now)


def store(site: Site, plan: Plan | Repeat, now: datetime) -> str | TooMany:
    """Store a comment, held, with its first log entry; return the secret of its receipt.

    If the same article, name, address and text is sent again within a day and while the first is held, that leads to the
    same receipt. So a connection that is lost between COMMIT and its answer does no harm. Nobody knows then whether
    the comment was stored; the reader is told 503 instead of thanks, and sending it again stores it once in either case.
    """
    refused = None
    for _ in range(TRIES):
        if isinstance(plan, Repeat):
            return plan.receipt
        promise = CommentPromise(site, plan, now)
        try:
            stored = site.database.write(promise.store, promise.begin)
        except IntegrityError as error:
            refused = error
            with site.database.reading() as session:
                plan = plan_again(site, session, plan.prepared, now)
        else:
            return _after_commit(site, stored)
    raise RuntimeError("the database refuses a comment, and not because it was sent twice") from refused


def asks_proof(site: Site, on_article: int) -> bool:
    """Tell whether browsers must do a sum before they send; `on_article` counts comments of an article in slow mode."""
    asked = site.settings.proof_of_work
    return asked == "always" or (asked == "slow_mode" and on_article > 0)


@dataclass(frozen=True, slots=True)
class CommentPromise:
    """The promise that a comment will be stored: its writer may be sent to the receipt when it is kept."""

    site: Site
    plan: Plan
    now: datetime

    def begin(self, session: Session) -> None:
        """Announce what `store()` will lock before the log, and what it will ask."""
        sent = self.plan.prepared.sent
        if self.plan.old_repeat_id is not None:
            changing.foresee_repeat(session, self.plan.old_repeat_id)
        limits.foresee_comment(self.site, session, sent.visitor, sent.article_id)
        if self.plan.fold_id is not None:
            copies.foresee_fold(session, self.plan.fold_id)

    def store(self, session: Session) -> "Stored":
        """Store the comment in a transaction that the caller commits."""
        return _store(self.site, self.plan, self.now, session)

    def is_kept(self, stored: "Stored") -> bool:
        """Tell, after the commit, whether the comment has the receipt that was planned."""
        return _after_commit(self.site, stored) == self.plan.prepared.receipt


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a submission: its receipt or a refusal.

    `notices_proxy` says that an undeclared proxy was noticed for the first time.
    """

    outcome: str | TooMany
    notices_proxy: bool = False


def _after_commit(site: Site, stored: Stored) -> str | TooMany:
    """Return what became of a submission; write to the log what was noticed, now that it is committed."""
    if stored.notices_proxy:
        limits.log_proxy(site)
    return stored.outcome


def _store(site: Site, plan: Plan, now: datetime, session: Session) -> Stored:
    """Check the limits once more, judge the comment and store it.

    The log is locked first, but for comments that are sent again, since its entries must stand in the order of their
    commits. So no two comments can pass one limit at the same moment, and transactions that store several comments cannot
    deadlock.
    """
    prepared, sent = plan.prepared, plan.prepared.sent
    changing.let_repeats(session)
    lock_log(session)
    expect_policies(session)
    storing.expect_comment(session)
    copies.expect_lanes(session)
    met = limits.ruling_on_comment(site, session, sent.visitor, sent.article_id, now)
    if met.retry_after_seconds:
        return Stored(TooMany(met.retry_after_seconds))
    found = _assessment(site, session, plan, met)
    comment_id = _store_judged(site, session, plan, found, now)
    ask_writer(site, session, comment_id, prepared.email_fingerprint, sent.language, now)
    limits.count_comment(site, session, sent.visitor, sent.article_id, now)
    is_news = met.is_behind_proxy and limits.notice_proxy(site, session, now)
    return Stored(prepared.receipt, is_news)


def _assessment(site: Site, session: Session, plan: Plan, met: Ruling) -> Assessment:
    """Judge a comment by what was found about it and by what the limits have counted."""
    lacks_proof = asks_proof(site, met.on_article) and not _has_proof(session, plan.prepared.sent)
    return plan.findings.assessment(
        from_network=met.from_network, on_article=met.on_article, lacks_proof=lacks_proof
    )


def _has_proof(session: Session, sent: Submission) -> bool:
    """Tell whether the browser has done its sum; each counts once."""
    return sent.proof is not None and limits.use_once(session, sent.proof.key, sent.proof.ends_at)


def _store_judged(site: Site, session: Session, plan: Plan, found: Assessment, now: datetime) -> int:
    """Store a comment with its first log entry, and decide about it at once if a policy says so; return its id."""
    prepared = plan.prepared
    row = {**_row(plan, now), "score": found.score, "lane": lane_in(session, plan.fold_id, found.lane)}
    ruled = ruling(session, _said(plan, found), now)
    comment_id = storing.store_comment(session, row, with_policy(found.reasons, ruled))
    write_decisions(session, [first_entry(comment_id, now)])
    if ruled is not None and ruled.acts:
        carry_out(session, ruled, comment_id, now, repeat_key=prepared.repeat_key)
    elif site.settings.spam_folder and found.is_spam(site.settings.spam_threshold):
        decide_by_policy(
            session, comment_id, CommentStatus.SPAM, now, policy=SPAM_POLICY, repeat_key=prepared.repeat_key
        )
    return comment_id


def _said(plan: Plan, found: Assessment) -> Said:
    sent, prepared = plan.prepared.sent, plan.prepared
    return Said(
        sent.article_id,
        sent.name,
        prepared.body_text,
        prepared.email_fingerprint,
        found.score,
        plan.fold_id,
    )


def _row(plan: Plan, now: datetime) -> dict[str, Any]:  # Any: columns of many kinds
    """Return a comment's columns, all but those that say how it was judged."""
    sent, prepared = plan.prepared.sent, plan.prepared
    return {
        "mark": prepared.mark,
        "article_id": sent.article_id,
        "parent_id": sent.parent_id,
        "root_id": sent.root_id,
        "name": sent.name,
        "body_text": prepared.body_text,
        "body_html": prepared.body_html,
        "language": sent.language,
        "email_sealed": prepared.email_sealed,
        "email_fingerprint": prepared.email_fingerprint,
        "notify": sent.notify,
        "created_at": now,
        "receipt_hash": secret_hash(prepared.receipt),
        "repeat_key": prepared.repeat_key,
        "network_mark": sent.visitor.network_mark or None,
        "likeness": plan.findings.likeness,
        "facts": plan.findings.facts,
        "fold_id": plan.fold_id,
    }
