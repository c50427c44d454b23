"""Preparing a reader's comment: everything that can be found out before it is stored."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from cms import sanitize
from cms.comments.actions.assessing import Findings, findings_on
from cms.comments.actions.joining import fold_of
from cms.comments.actions.receipts import receipt_secret
from cms.comments.judged import JudgedComment
from cms.comments.proof import Proof
from cms.comments.queries import receipts
from cms.comments.rules import gives_away, is_repeat
from cms.limits import actions as limits
from cms.limits.rules import Visitor
from cms.site import Site
from cms.vault import random_mark


@dataclass(frozen=True, slots=True)
class Submission:
    """What a reader sent, valid but not yet cleaned; `email` is plain and goes no further than `planned()`."""

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
    """The refusal of a visitor who sends too often; another try may succeed after so many seconds."""

    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """The answer to a comment that was sent twice: the secret of the receipt that it has already."""

    receipt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreparedComment:
    """A submission that is cleaned and sealed; the database was not asked anything for it.

    `receipt` is the secret of the receipt to which its writer will be sent.
    """

    sent: Submission
    mark: str
    body_text: str = field(repr=False)
    body_html: str = field(repr=False)
    email_sealed: str = field(repr=False)
    email_fingerprint: str = field(repr=False)
    repeat_key: str
    receipt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """A prepared comment, and what the database knows about it before it is stored.

    `fold_id` is the fold of near-copies that it joins, if there is one. `old_repeat_id` is an equal comment that is still
    held although it was sent more than a day ago: from now on it no longer stands in the way of this one.
    """

    prepared: PreparedComment
    findings: Findings
    fold_id: int | None
    old_repeat_id: int | None


def too_many(site: Site, session: Session, sent: Submission, now: datetime) -> TooMany | None:
    """Return the refusal of a visitor who sends too often, before anything is cleaned, judged or written.

    A comment that was sent twice is never refused: it leads to its receipt. One SELECT, and a second one for a visitor
    who is over the limit. None if limits are off, or if nobody was refused lately.
    """
    if not limits.may_refuse(site, now):
        return None
    met = limits.ruling_on_comment(site, session, sent.visitor, sent.article_id, now)
    if not met.retry_after_seconds:
        return None
    key = _repeat_key(site, sent, site.vault.fingerprint(sent.email), sanitize.comment_text(sent.text))
    held = receipts.held_repeat(session, key)
    is_twice = held is not None and is_repeat(held.created_at, now)
    return None if is_twice else TooMany(met.retry_after_seconds)


def planned(site: Site, session: Session, sent: Submission, now: datetime) -> Plan | Repeat:
    """Return a plan for storing a comment, or the receipt of the comment that it repeats; four SELECTs at most.

    Everything that can be found out is found out here, before the lock that keeps others from writing. So the
    judgement may miss what others send meanwhile. The limits do not: they are looked at again under the lock. Of two
    equal comments an index refuses the second, which is then planned again and finds the first.
    """
    return plan_again(site, session, _prepared(site, sent), now)


def plan_again(site: Site, session: Session, prepared: PreparedComment, now: datetime) -> Plan | Repeat:
    """Do as `planned()` for a comment that is prepared already."""
    receipts.expect_repeat(session, prepared.repeat_key)
    findings = findings_on(session, _judged(prepared))
    held = receipts.held_repeat(session, prepared.repeat_key)
    if held is not None and is_repeat(held.created_at, now):
        return Repeat(receipt_secret(site, held.mark))
    fold_id = fold_of(session, prepared.body_text, findings.likeness, findings.folds)
    return Plan(prepared, findings, fold_id, held.id if held else None)


def _prepared(site: Site, sent: Submission) -> PreparedComment:
    mark, body_text = random_mark(), sanitize.comment_text(sent.text)
    fingerprint = site.vault.fingerprint(sent.email)
    return PreparedComment(
        sent=sent,
        mark=mark,
        body_text=body_text,
        body_html=sanitize.comment_html(body_text),
        email_sealed=site.vault.seal(sent.email.strip(), table="comment", mark=mark),
        email_fingerprint=fingerprint,
        repeat_key=_repeat_key(site, sent, fingerprint, body_text),
        receipt=receipt_secret(site, mark),
    )


def _repeat_key(site: Site, sent: Submission, fingerprint: str, body_text: str) -> str:
    return site.vault.digest("repeat", str(sent.article_id), sent.name, fingerprint, body_text)


def _judged(prepared: PreparedComment) -> JudgedComment:
    sent = prepared.sent
    return JudgedComment(
        article_id=sent.article_id,
        parent_id=sent.parent_id,
        root_id=sent.root_id,
        language=sent.language,
        name=sent.name,
        body_text=prepared.body_text,
        email_fingerprint=prepared.email_fingerprint,
        own_address_in_text=gives_away(f"{sent.name}\n{prepared.body_text}", sent.email),
        trap_filled=sent.trap_filled,
        origin_known=sent.origin_known,
        haste_seconds=sent.haste_seconds,
    )
