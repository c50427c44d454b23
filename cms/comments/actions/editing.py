"""Changing what a comment says, by its writer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from cms import sanitize
from cms.comments.actions.assessing import findings_on
from cms.comments.actions.preparing import TooMany
from cms.comments.judged import JudgedComment
from cms.comments.models import CommentEdit, CommentVersion
from cms.comments.queries.editing import CommentWords, StandingWords, standing_words
from cms.comments.rules import CommentStatus, ReceiptState, VersionKind, receipt_state
from cms.comments.signals import HoldCode
from cms.comments.writes import changing, storing
from cms.limits import actions as limits
from cms.limits.rules import Visitor
from cms.moderation.actions.ruling import carry_out, ruling, with_policy
from cms.moderation.policies import Said
from cms.moderation.queries.standing import LockedComment, locked_comments, newest_entries
from cms.moderation.rules import EntryKind
from cms.moderation.writes.log import lock_log, unsigned_entry, write_decision
from cms.site import Site
from cms.vault import Vault

ADDRESSES_AT_MOST = 20  # looked at in one text; each costs a keyed digest
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,190}")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a comment shall say, valid but not yet cleaned; `name` is on one line."""

    name: str
    text: str = field(repr=False)
    origin_known: bool
    visitor: Visitor


class Edited(StrEnum):
    """What became of an edit."""

    CHANGED = "changed"  # the held text is another now
    HELD = "held"  # a moderator reads it; until then the approved text stays public
    SAME = "same"
    CLOSED = "closed"  # it was decided about, withdrawn or erased meanwhile


def edit(site: Site, comment_id: int, wanted: Edit, now: datetime) -> Edited | TooMany:
    """Change a comment that is there: at once while it waits, as a held edit once it is approved.

    What stood there before is kept for the moderator's comparison, and a log entry keeps anybody from deciding about
    a text that she has not seen. An edit counts towards the same limit as a comment.
    """
    with site.database.writing() as session:
        comment = locked_comments(session, [comment_id])[comment_id]
        # Before the limits are asked, as when a comment is sent: no two requests can pass one limit at the same moment.
        lock_log(session)
        met = limits.ruling_on_comment(site, session, wanted.visitor, comment.article_id, now)
        if met.retry_after_seconds:
            return TooMany(met.retry_after_seconds)
        done = _edit(site.vault, session, comment, wanted, now)
        if done in {Edited.CHANGED, Edited.HELD}:
            limits.count_comment(site, session, wanted.visitor, comment.article_id, now)
            session.commit()
        return done


def rename(site: Site, comment_ids: Sequence[int], name: str, now: datetime) -> None:
    """Give another name to comments that are there, as an edit of each would; those that cannot be edited keep theirs.

    No limit counts these edits: whoever may do this has proved an address.
    """
    with site.database.writing() as session:
        for comment in locked_comments(session, comment_ids).values():
            standing = standing_words(session, comment.id)
            words = standing.edit.words if standing.edit else standing.words
            _edit(site.vault, session, comment, Edit(name, words.body_text, True, Visitor()), now)
        session.commit()


def _edit(vault: Vault, session: Session, comment: LockedComment, wanted: Edit, now: datetime) -> Edited:
    standing = standing_words(session, comment.id)
    words = CommentWords(wanted.name, sanitize.comment_text(wanted.text))
    state = _state(session, comment)
    if state not in {ReceiptState.WAITING, ReceiptState.PUBLISHED}:
        return Edited.CLOSED
    if words == (standing.edit.words if standing.edit else standing.words):
        return Edited.SAME
    entry_id = write_decision(
        session, unsigned_entry(comment.id, EntryKind.EDITED, comment.status, comment.status, now)
    )
    found = findings_on(session, _judged(vault, comment.id, standing, words, wanted)).assessment()
    said = Said(comment.article_id, words.name, words.body_text, standing.email_fingerprint, found.score)
    ruled = ruling(session, said, now)
    reasons = with_policy(found.reasons, ruled)
    storing.judge_anew(session, comment.id, reasons, score=found.score, lane=found.lane)
    if state is ReceiptState.PUBLISHED:
        _hold(session, comment.id, standing, words, now)
        return Edited.HELD
    changing.keep_version(session, _replaced(comment.id, entry_id, standing.words, now))
    html = sanitize.comment_html(words.body_text)
    storing.rewrite(session, comment.id, name=words.name, body_text=words.body_text, body_html=html)
    if ruled is not None and ruled.acts and comment.status is CommentStatus.HELD:
        carry_out(session, ruled, comment.id, now)
    return Edited.CHANGED


def _state(session: Session, comment: LockedComment) -> ReceiptState:
    newest = newest_entries(session, [comment.id]).get(comment.id)
    by_person = newest is not None and newest.entry.staff_id is not None
    return receipt_state(comment.status, withdrawn=comment.is_gone, by_person=by_person)


def _hold(
    session: Session, comment_id: int, standing: StandingWords, words: CommentWords, now: datetime
) -> None:
    """Hold an edit for a moderator; an edit back to the public text removes the one that is held."""
    if words == standing.words:
        changing.drop_edit(session, comment_id)
    else:
        html = sanitize.comment_html(words.body_text)
        held = CommentEdit(
            comment_id=comment_id, name=words.name, body_text=words.body_text, body_html=html, at=now
        )
        changing.hold_edit(session, held)


def _replaced(comment_id: int, entry_id: int, words: CommentWords, now: datetime) -> CommentVersion:
    return CommentVersion(
        comment_id=comment_id,
        entry_id=entry_id,
        kind=VersionKind.REPLACED,
        name=words.name,
        body_text=words.body_text,
        at=now,
    )


def _judged(
    vault: Vault, comment_id: int, standing: StandingWords, words: CommentWords, wanted: Edit
) -> JudgedComment:
    """Return what is judged: the new words, with the signals of how the comment was sent at first."""
    return JudgedComment(
        article_id=standing.article_id,
        parent_id=standing.parent_id,
        root_id=standing.root_id,
        language=standing.language,
        name=words.name,
        body_text=words.body_text,
        email_fingerprint=standing.email_fingerprint,
        comment_id=comment_id,
        own_address_in_text=_names_itself(vault, standing.email_fingerprint, words),
        trap_filled=HoldCode.TRAP in standing.sending,
        origin_known=HoldCode.NO_ORIGIN not in standing.sending and wanted.origin_known,
        haste_seconds=standing.sending.get(HoldCode.HASTE),
    )


def _names_itself(vault: Vault, fingerprint: str, words: CommentWords) -> bool:
    """Tell whether the writer's own address stands in her words, without unsealing it."""
    found = _ADDRESS.findall(f"{words.name}\n{words.body_text}")[:ADDRESSES_AT_MOST]
    return any(vault.fingerprint(address.rstrip(".!?'’”)")) == fingerprint for address in found)
