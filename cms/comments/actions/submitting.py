"""A reader's deed: sending a comment."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms import sanitize
from cms.comments import writes
from cms.comments.actions.assessing import Assessment, Subject, assess
from cms.comments.actions.joining import join
from cms.comments.actions.receipts import entry, receipt_hash, receipt_secret
from cms.comments.models import Comment
from cms.comments.proof import Proof
from cms.comments.queries import receipts
from cms.comments.rules import CommentStatus, gives_away, is_repeat
from cms.limits import actions as limits
from cms.limits.rules import Ruling, Visitor
from cms.moderation.rules import SPAM_POLICY, Deed
from cms.moderation.writes import set_status, write_decision
from cms.outbox.actions.announcing import ask_writer
from cms.site import Site
from cms.vault import random_mark

RESTARTS = 3  # twice the same text at the same moment: the second finds the first


@dataclass(frozen=True, slots=True)
class Submission:
    """What a reader sent, valid but not yet cleaned; `email` is plain and goes no further than `submit()`."""

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


def too_many(site: Site, sent: Submission, now: datetime) -> TooMany | None:
    """Return the refusal of a visitor who sends too often, before anything is cleaned, judged or written.

    What is sent twice is never refused: it leads to its receipt. One SELECT, a second for who is over the limit.
    """
    with site.database.reading() as session:
        found = limits.ruling_on_comment(site, session, sent.visitor, sent.article_id, now)
        if not found.retry_after_seconds:
            return None
        held = receipts.held_repeat(session, _repeat_key(site, sent, sanitize.comment_text(sent.text)))
    is_twice = held is not None and is_repeat(held.created_at, now)
    return None if is_twice else TooMany(found.retry_after_seconds)


def submit(site: Site, sent: Submission, now: datetime) -> str | TooMany:
    """Store a comment, held, with its first log entry; return the secret of its receipt.

    The same article, name, address and text sent again while held, and within a day, leads to the same receipt.
    So a connection that is lost between COMMIT and its answer harms nobody: whether the comment was stored is
    then unknown, the reader is told 503 rather than thanked, and sending again stores it once in either case.
    """
    body_text = sanitize.comment_text(sent.text)
    cleaned = _Cleaned(body_text, sanitize.comment_html(body_text), _repeat_key(site, sent, body_text))
    refused = None
    for _ in range(RESTARTS):
        try:
            with site.database.writing() as session:
                return _submit(site, session, sent, cleaned, now)
        except IntegrityError as error:
            refused = error
    raise RuntimeError("the database refuses a comment, and not because it was sent twice") from refused


def asks_proof(site: Site, on_article: int) -> bool:
    """Tell whether a sum is asked of browsers, where an article has so many comments in ten minutes (0: not slow)."""
    asked = site.settings.proof_of_work
    return asked == "always" or (asked == "slow_mode" and on_article > 0)


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """What is made of a submission before the database is held for it."""

    body_text: str = field(repr=False)
    body_html: str = field(repr=False)
    repeat_key: str


def _submit(
    site: Site, session: Session, sent: Submission, cleaned: _Cleaned, now: datetime
) -> str | TooMany:
    held = receipts.held_repeat(session, cleaned.repeat_key)
    if held is not None and is_repeat(held.created_at, now):
        return receipt_secret(site, held.mark)
    if held is not None:
        writes.let_repeat(session, held.id)
    limits.hold_network(session, sent.visitor)
    met = limits.ruling_on_comment(site, session, sent.visitor, sent.article_id, now)
    if met.retry_after_seconds:
        return TooMany(met.retry_after_seconds)
    lacks_proof = asks_proof(site, met.on_article) and not _proved(session, sent)
    found = assess(session, _subject(site, sent, cleaned, met, lacks_proof=lacks_proof))
    comment = _comment(site, sent, cleaned, found, now)
    comment.fold_id, comment.lane = join(session, cleaned.body_text, found.likeness, found.lane)
    secret = receipt_secret(site, comment.mark)
    comment_id = writes.store_comment(session, comment, found.reasons)
    write_decision(session, entry(comment_id, Deed.SUBMITTED, None, CommentStatus.HELD, now))
    if site.settings.spam_folder and found.is_spam(site.settings.spam_threshold):
        _set_aside(session, comment_id, cleaned.repeat_key, now)
    ask_writer(site, session, comment_id, site.vault.fingerprint(sent.email), sent.language, now)
    limits.count_comment(site, session, sent.visitor, sent.article_id, now)
    is_news = met.is_behind_proxy and limits.notice_proxy(site, session, now)
    session.commit()
    if is_news:
        limits.log_proxy(site)
    return secret


def _set_aside(session: Session, comment_id: int, repeat_key: str, now: datetime) -> None:
    """Put a comment into the spam folder by policy; its writer sees what she would see of a held one."""
    set_status(session, comment_id, status=CommentStatus.SPAM, now=now)
    writes.keep_repeat(session, comment_id, repeat_key)
    decision = entry(comment_id, Deed.DECIDED, CommentStatus.HELD, CommentStatus.SPAM, now)
    decision.policy = SPAM_POLICY
    write_decision(session, decision)


def _comment(site: Site, sent: Submission, cleaned: _Cleaned, found: Assessment, now: datetime) -> Comment:
    mark = random_mark()
    return Comment(
        mark=mark,
        article_id=sent.article_id,
        parent_id=sent.parent_id,
        root_id=sent.root_id,
        name=sent.name,
        body_text=cleaned.body_text,
        body_html=cleaned.body_html,
        language=sent.language,
        email_sealed=site.vault.seal(sent.email.strip(), table="comment", mark=mark),
        email_fingerprint=site.vault.fingerprint(sent.email),
        notify=sent.notify,
        created_at=now,
        receipt_hash=receipt_hash(receipt_secret(site, mark)),
        repeat_key=cleaned.repeat_key,
        network_mark=sent.visitor.network_mark or None,
        score=found.score,
        likeness=found.likeness,
    )


def _repeat_key(site: Site, sent: Submission, body_text: str) -> str:
    fingerprint = site.vault.fingerprint(sent.email)
    return site.vault.digest("repeat", str(sent.article_id), sent.name, fingerprint, body_text)


def _proved(session: Session, sent: Submission) -> bool:
    """Tell whether the browser has done its sum, which counts once."""
    return sent.proof is not None and limits.use_once(session, sent.proof.key, sent.proof.ends_at)


def _subject(site: Site, sent: Submission, cleaned: _Cleaned, met: Ruling, *, lacks_proof: bool) -> Subject:
    return Subject(
        article_id=sent.article_id,
        parent_id=sent.parent_id,
        root_id=sent.root_id,
        language=sent.language,
        name=sent.name,
        body_text=cleaned.body_text,
        email_fingerprint=site.vault.fingerprint(sent.email),
        own_address_in_text=gives_away(f"{sent.name}\n{cleaned.body_text}", sent.email),
        trap_filled=sent.trap_filled,
        origin_known=sent.origin_known,
        haste_seconds=sent.haste_seconds,
        from_network=met.from_network,
        on_article=met.on_article,
        lacks_proof=lacks_proof,
    )
