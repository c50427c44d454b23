"""A reader's deed: sending a comment."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms import sanitize
from cms.comments import writes
from cms.comments.actions.assessing import Assessment, Subject, assess
from cms.comments.actions.receipts import entry, receipt_hash, receipt_secret
from cms.comments.models import Comment
from cms.comments.queries import receipts
from cms.comments.rules import CommentStatus, gives_away, is_repeat
from cms.limits import queries as limits
from cms.limits import writes as limit_writes
from cms.limits.rules import retry_after_seconds
from cms.moderation.rules import Deed
from cms.moderation.writes import write_decision
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
    network_mark: str


@dataclass(frozen=True, slots=True)
class TooMany:
    """The refusal of a visitor who sends too often; after so many seconds another try may do."""

    retry_after_seconds: int


def submit(site: Site, sent: Submission, now: datetime) -> str | TooMany:
    """Store a comment, held, with its first log entry; return the secret of its receipt.

    The same article, name, address and text sent again while held, and within a day, leads to the same receipt.
    So a connection that is lost between COMMIT and its answer harms nobody: whether the comment was stored is
    then unknown, the reader is told 503 rather than thanked, and sending again stores it once in either case.
    """
    refused = None
    for _ in range(RESTARTS):
        try:
            with site.database.writing() as session:
                return _submit(site, session, sent, now)
        except IntegrityError as error:
            refused = error
    raise RuntimeError("the database refuses a comment, and not because it was sent twice") from refused


def _submit(site: Site, session: Session, sent: Submission, now: datetime) -> str | TooMany:
    body_text = sanitize.comment_text(sent.text)
    fingerprint = site.vault.fingerprint(sent.email)
    repeat_key = site.vault.digest("repeat", str(sent.article_id), sent.name, fingerprint, body_text)
    held = receipts.held_repeat(session, repeat_key)
    if held is not None and is_repeat(held.created_at, now):
        return receipt_secret(site, held.mark)
    if held is not None:
        writes.let_repeat(session, held.id)
    limit_key = f"comment:{sent.network_mark}"
    limit_writes.hold(session, [limit_key])
    if _over_limit(site, session, limit_key, now):
        return TooMany(retry_after_seconds(now))
    found = _assessed(session, sent, body_text, fingerprint, now)
    mark = random_mark()
    secret = receipt_secret(site, mark)
    comment = Comment(
        mark=mark,
        article_id=sent.article_id,
        parent_id=sent.parent_id,
        root_id=sent.root_id,
        name=sent.name,
        body_text=body_text,
        body_html=sanitize.comment_html(body_text),
        language=sent.language,
        email_sealed=site.vault.seal(sent.email.strip(), table="comment", mark=mark),
        email_fingerprint=fingerprint,
        notify=sent.notify,
        created_at=now,
        receipt_hash=receipt_hash(secret),
        repeat_key=repeat_key,
        network_mark=sent.network_mark or None,
        score=found.score,
        lane=found.lane,
        likeness=found.likeness,
    )
    comment_id = writes.store_comment(session, comment, found.reasons)
    write_decision(session, entry(comment_id, Deed.SUBMITTED, None, CommentStatus.HELD, now))
    limit_writes.count(session, limit_key, now=now)
    session.commit()
    return secret


def _over_limit(site: Site, session: Session, key: str, now: datetime) -> bool:
    if not site.settings.rate_limits or key == "comment:":
        return False
    return limits.count_within(session, key, now=now) >= site.settings.comments_per_ten_minutes


def _assessed(
    session: Session, sent: Submission, body_text: str, fingerprint: str, now: datetime
) -> Assessment:
    subject = Subject(
        article_id=sent.article_id,
        parent_id=sent.parent_id,
        root_id=sent.root_id,
        language=sent.language,
        name=sent.name,
        body_text=body_text,
        email_fingerprint=fingerprint,
        own_address_in_text=gives_away(f"{sent.name}\n{body_text}", sent.email),
        trap_filled=sent.trap_filled,
        origin_known=sent.origin_known,
        network_mark=sent.network_mark,
    )
    return assess(session, subject, now)
