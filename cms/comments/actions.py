"""A reader's deeds: sending a comment, withdrawing it."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms import sanitize
from cms.comments import writes
from cms.comments.models import Comment
from cms.comments.queries import receipts
from cms.comments.queries.thread import typed_texts
from cms.comments.rules import (
    CommentStatus,
    Reason,
    Traits,
    capitals_percent,
    is_repeat,
    judge,
)
from cms.limits import queries as limits
from cms.limits import writes as limit_writes
from cms.limits.rules import retry_after_seconds
from cms.moderation.models import Decision
from cms.moderation.queries.standing import locked_comments
from cms.moderation.rules import Deed
from cms.moderation.writes import write_decision
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site
from cms.vault import normalised_address, random_mark

RECEIPT_DIGITS = 40  # 160 bits; 128 are asked for
RECLEAN_AT_ONCE = 200  # comments; the writer is free again within a second
RESTARTS = 3  # twice the same text at the same moment: the second finds the first
_LINK = re.compile(r"https?://", re.IGNORECASE)


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
    """
    refused = None
    for _ in range(RESTARTS):
        try:
            with site.database.writing() as session:
                return _submit(site, session, sent, now)
        except IntegrityError as error:
            refused = error
    raise RuntimeError("the database refuses a comment, and not because it was sent twice") from refused


def withdraw(site: Site, secret: str, now: datetime) -> bool:
    """Withdraw the comment of a receipt, with its log entry; False where there is no such receipt."""
    with site.database.writing() as session:
        receipt = receipts.receipt(session, receipt_hash(secret))
        if receipt is None:
            return False
        # What the receipt said may be over: on PostgreSQL a moderator can decide before this lock is held.
        status = locked_comments(session, [receipt.comment_id])[receipt.comment_id].status
        if writes.mark_withdrawn(session, receipt.comment_id, now):
            write_decision(session, _entry(receipt.comment_id, Deed.WITHDRAWN, status, status, now))
            if status is CommentStatus.APPROVED:
                bump(session, [things.article(receipt.article_id)])
            session.commit()
        return True


def reclean(site: Site) -> int:
    """Clean every stored comment anew, RECLEAN_AT_ONCE in a transaction; return how many changed."""
    changed, behind = 0, 0
    while True:
        with site.database.writing() as session:
            texts = typed_texts(session, behind=behind, size=RECLEAN_AT_ONCE)
            if not texts:
                return changed
            articles: set[int] = set()
            for text in texts:
                body_html = sanitize.comment_html(text.body_text)
                if body_html != text.body_html:
                    writes.set_body_html(session, text.id, body_html)
                    articles.add(text.article_id)
                    changed += 1
            bump(session, map(things.article, articles))
            session.commit()
        behind = texts[-1].id


def receipt_secret(site: Site, mark: str) -> str:
    """Return the secret of the receipt of the comment with this mark."""
    return site.vault.digest("receipt", mark)[:RECEIPT_DIGITS]


def receipt_hash(secret: str) -> str:
    """Return what is stored of a receipt's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


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
    )
    comment_id = writes.store_comment(session, comment, _reasons(sent, body_text))
    write_decision(session, _entry(comment_id, Deed.SUBMITTED, None, CommentStatus.HELD, now))
    limit_writes.count(session, limit_key, now=now)
    session.commit()
    return secret


def _over_limit(site: Site, session: Session, key: str, now: datetime) -> bool:
    if not site.settings.rate_limits or key == "comment:":
        return False
    return limits.count_within(session, key, now=now) >= site.settings.comments_per_ten_minutes


def _reasons(sent: Submission, body_text: str) -> tuple[Reason, ...]:
    return judge(
        Traits(
            links=len(_LINK.findall(body_text)),
            trap_filled=sent.trap_filled,
            origin_known=sent.origin_known,
            capitals_percent=capitals_percent(body_text),
            own_address_in_text=normalised_address(sent.email)
            in normalised_address(f"{sent.name}\n{body_text}"),
        )
    )


def _entry(
    comment_id: int, deed: Deed, before: CommentStatus | None, after: CommentStatus, now: datetime
) -> Decision:
    return Decision(comment_id=comment_id, deed=deed, from_status=before, to_status=after, at=now)
