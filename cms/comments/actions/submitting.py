"""A reader's deed: sending a comment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms import sanitize
from cms.comments.actions.assessing import Findings, Subject, look_into
from cms.comments.actions.joining import fold_of, lane_in
from cms.comments.actions.receipts import receipt_secret
from cms.comments.proof import Proof
from cms.comments.queries import copies, receipts
from cms.comments.rules import CommentStatus, gives_away, is_repeat
from cms.comments.writes import changing, storing
from cms.limits import actions as limits
from cms.limits.rules import Visitor
from cms.moderation.actions.ruling import carry_out, decide_by_policy, ruling, with_policy
from cms.moderation.policies import Said
from cms.moderation.queries.policies import expect_policies
from cms.moderation.rules import SPAM_POLICY
from cms.moderation.writes.log import first_entry, lock_log, write_decisions
from cms.outbox.actions.announcing import ask_writer
from cms.site import Site
from cms.vault import random_mark, secret_hash

RESTARTS = 3  # twice the same text at the same moment: the second finds the first


@dataclass(frozen=True, slots=True)
class Submission:
    """What a reader sent, valid but not yet cleaned; `email` is plain and goes no further than `store()`."""

    article_id: int
    parent_id: int | None
    root_id: int | None
    language: str
    name: str
    email: str = field(repr=False)
    text: str = field(repr=False)
    notify: bool
    trap_filled: bool
    origin_known: bool
    visitor: Visitor
    haste_seconds: int | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class TooMany:
    """The refusal of a visitor who sends too often; after so many seconds another try may do."""

    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is made of a submission before the database is asked anything: its row, all but how it was judged."""

    sent: Submission
    body_text: str = field(repr=False)
    fingerprint: str = field(repr=False)
    repeat_key: str
    receipt: str = field(repr=False)
    row: dict[str, Any] = field(repr=False)  # Any: columns of many kinds


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a comment before it is stored; `repeats` is an equal held comment of more than a day ago."""

    prepared: Prepared
    findings: Findings
    fold_id: int | None
    repeats: int | None


def too_many(site: Site, session: Session, sent: Submission, now: datetime) -> TooMany | None:
    """Return the refusal of a visitor who sends too often, before anything is cleaned, judged or written.

    What is sent twice is never refused: it leads to its receipt. One SELECT, a second for who is over the limit, none
    where limits are off or nobody was refused lately.
    """
    if not limits.may_refuse(site, now):
        return None
    found = limits.ruling_on_comment(site, session, sent.visitor, sent.article_id, now)
    if not found.retry_after_seconds:
        return None
    key = _repeat_key(site, sent, site.vault.fingerprint(sent.email), sanitize.comment_text(sent.text))
    held = receipts.held_repeat(session, key)
    is_twice = held is not None and is_repeat(held.created_at, now)
    return None if is_twice else TooMany(found.retry_after_seconds)


def submit(site: Site, sent: Submission, now: datetime) -> str | TooMany:
    """Store a comment as `store()` does, planned in a transaction of its own."""
    with site.database.reading() as session:
        plan = planned(site, session, sent, now)
    return store(site, plan, now)


def planned(site: Site, session: Session, sent: Submission, now: datetime) -> Plan | str:
    """Return a plan for storing a comment, or the receipt of the comment that it repeats; four SELECTs at most.

    Everything that can be found out is found out here, before the lock that keeps others from writing. So the
    judgement may miss what others send meanwhile. The limits do not: they are looked at again under the lock. Of two
    equal comments an index refuses the second, which then finds the first.
    """
    return _plan(site, session, _prepared(site, sent, now), now)


def store(site: Site, plan: Plan | str, now: datetime) -> str | TooMany:
    """Store a comment, held, with its first log entry; return the secret of its receipt.

    The same article, name, address and text sent again while held, and within a day, leads to the same receipt.
    So a connection that is lost between COMMIT and its answer harms nobody: whether the comment was stored is
    then unknown, the reader is told 503 rather than thanked, and sending again stores it once in either case.
    """
    refused = None
    for _ in range(RESTARTS):
        if isinstance(plan, str):
            return plan
        comment = Storing(site, plan, now)
        try:
            stored = site.database.write(comment.store, comment.begin)
        except IntegrityError as error:
            refused = error
            with site.database.reading() as session:
                plan = _plan(site, session, plan.prepared, now)
        else:
            return _outcome(site, stored)
    raise RuntimeError("the database refuses a comment, and not because it was sent twice") from refused


@dataclass(frozen=True, slots=True)
class Storing:
    """A comment that is stored later, whose writer is sent to its receipt unless that goes wrong."""

    site: Site
    plan: Plan
    now: datetime

    def begin(self, session: Session) -> None:
        """Lock what is locked before the log, and say what `store()` will look at with the log locked."""
        sent = self.plan.prepared.sent
        if self.plan.repeats is not None:
            changing.let_repeat(session, self.plan.repeats)
        limits.foresee_comment(self.site, session, sent.visitor, sent.article_id)
        if self.plan.fold_id is not None:
            copies.foresee_fold(session, self.plan.fold_id)

    def store(self, session: Session) -> "_Stored":
        """Store it as `store()` does, once."""
        return _store(self.site, self.plan, self.now, session)

    def is_kept(self, stored: "_Stored") -> bool:
        """Tell whether its receipt is the one that was planned."""
        return _outcome(self.site, stored) == self.plan.prepared.receipt


def asks_proof(site: Site, on_article: int) -> bool:
    """Tell whether a sum is asked of browsers, where an article has so many comments in ten minutes (0: not slow)."""
    asked = site.settings.proof_of_work
    return asked == "always" or (asked == "slow_mode" and on_article > 0)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What became of a submission, and whether a proxy that is not declared was noticed for the first time."""

    outcome: str | TooMany
    notices_proxy: bool = False


def _outcome(site: Site, stored: _Stored) -> str | TooMany:
    """Return what became of a submission, now that it is committed; a proxy may be spoken of from now on."""
    if stored.notices_proxy:
        limits.log_proxy(site)
    return stored.outcome


def _prepared(site: Site, sent: Submission, now: datetime) -> Prepared:
    mark, body_text = random_mark(), sanitize.comment_text(sent.text)
    fingerprint, receipt = site.vault.fingerprint(sent.email), receipt_secret(site, mark)
    repeat_key = _repeat_key(site, sent, fingerprint, body_text)
    row = {
        "mark": mark,
        "article_id": sent.article_id,
        "parent_id": sent.parent_id,
        "root_id": sent.root_id,
        "name": sent.name,
        "body_text": body_text,
        "body_html": sanitize.comment_html(body_text),
        "language": sent.language,
        "email_sealed": site.vault.seal(sent.email.strip(), table="comment", mark=mark),
        "email_fingerprint": fingerprint,
        "notify": sent.notify,
        "created_at": now,
        "receipt_hash": secret_hash(receipt),
        "repeat_key": repeat_key,
        "network_mark": sent.visitor.network_mark or None,
    }
    return Prepared(sent, body_text, fingerprint, repeat_key, receipt, row)


def _plan(site: Site, session: Session, prepared: Prepared, now: datetime) -> Plan | str:
    receipts.expect_repeat(session, prepared.repeat_key)
    findings = look_into(session, _subject(prepared))
    held = receipts.held_repeat(session, prepared.repeat_key)
    if held is not None and is_repeat(held.created_at, now):
        return receipt_secret(site, held.mark)
    fold_id = fold_of(session, prepared.body_text, findings.likeness, findings.folds)
    return Plan(prepared, findings, fold_id, held.id if held else None)


def _store(site: Site, plan: Plan, now: datetime, session: Session) -> _Stored:
    """Rule on a comment and store it, while nobody else does: the log, whose entries are in commit order, is locked first.

    So no limit is passed side by side, and those who store several in one transaction never wait in a circle.
    """
    sent, prepared = plan.prepared.sent, plan.prepared
    lock_log(session)
    expect_policies(session)
    storing.expect_comment(session)
    copies.expect_lanes(session)
    met = limits.ruling_on_comment(site, session, sent.visitor, sent.article_id, now)
    if met.retry_after_seconds:
        return _Stored(TooMany(met.retry_after_seconds))
    found = plan.findings.weighed(
        from_network=met.from_network,
        on_article=met.on_article,
        lacks_proof=asks_proof(site, met.on_article) and not _proved(session, sent),
    )
    row = prepared.row | {
        "score": found.score,
        "lane": lane_in(session, plan.fold_id, found.lane),
        "likeness": found.likeness,
        "facts": plan.findings.facts,
        "fold_id": plan.fold_id,
    }
    ruled = ruling(session, _said(row), now)
    comment_id = storing.store_comment(session, row, with_policy(found.reasons, ruled))
    write_decisions(session, [first_entry(comment_id, now)])
    if ruled is not None and ruled.acts:
        carry_out(session, ruled, comment_id, now, repeat_key=prepared.repeat_key)
    elif site.settings.spam_folder and found.is_spam(site.settings.spam_threshold):
        decide_by_policy(
            session, comment_id, CommentStatus.SPAM, now, policy=SPAM_POLICY, repeat_key=prepared.repeat_key
        )
    ask_writer(site, session, comment_id, prepared.fingerprint, sent.language, now)
    limits.count_comment(site, session, sent.visitor, sent.article_id, now)
    is_news = met.is_behind_proxy and limits.notice_proxy(site, session, now)
    return _Stored(prepared.receipt, is_news)


def _said(row: dict[str, Any]) -> Said:  # Any: as below
    return Said(
        row["article_id"],
        row["name"],
        row["body_text"],
        row["email_fingerprint"],
        row["score"],
        row["fold_id"],
    )


def _repeat_key(site: Site, sent: Submission, fingerprint: str, body_text: str) -> str:
    return site.vault.digest("repeat", str(sent.article_id), sent.name, fingerprint, body_text)


def _proved(session: Session, sent: Submission) -> bool:
    """Tell whether the browser has done its sum, which counts once."""
    return sent.proof is not None and limits.use_once(session, sent.proof.key, sent.proof.ends_at)


def _subject(prepared: Prepared) -> Subject:
    sent = prepared.sent
    return Subject(
        article_id=sent.article_id,
        parent_id=sent.parent_id,
        root_id=sent.root_id,
        language=sent.language,
        name=sent.name,
        body_text=prepared.body_text,
        email_fingerprint=prepared.fingerprint,
        own_address_in_text=gives_away(f"{sent.name}\n{prepared.body_text}", sent.email),
        trap_filled=sent.trap_filled,
        origin_known=sent.origin_known,
        haste_seconds=sent.haste_seconds,
    )
