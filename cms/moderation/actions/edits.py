"""What a decision about an approved comment does to the edit that waits beside it, and what an undo gives back."""

from collections.abc import Iterable

from sqlmodel import Session

from cms import sanitize
from cms.comments.models import CommentEdit, CommentVersion
from cms.comments.queries.editing import CommentWords, HeldEdit, KeptVersion, held_edits, standing_words
from cms.comments.rules import CommentStatus, VersionKind
from cms.comments.writes import changing, storing
from cms.moderation.queries.standing import LockedComment
from cms.moderation.rules import EntryKind, Verdict

UNDONE_CORRECTIONS = {  # what each becomes when it is undone
    VersionKind.CORRECTED: VersionKind.UNCORRECTED,
    VersionKind.UNCORRECTED: VersionKind.CORRECTED,
}


def edits_beside(session: Session, comments: Iterable[LockedComment]) -> dict[int, HeldEdit]:
    """Return the edits that wait beside these comments; one SELECT, none where no comment is approved."""
    approved = [comment.id for comment in comments if comment.status is CommentStatus.APPROVED]
    return held_edits(session, approved) if approved else {}


def deed_about_edit(verdict: Verdict) -> tuple[EntryKind, CommentStatus] | None:
    """Return what a verdict about an edit is called and leaves behind; None where it is about the comment too."""
    return {
        Verdict.APPROVE: (EntryKind.REVISED, CommentStatus.APPROVED),
        Verdict.REJECT: (EntryKind.KEPT, CommentStatus.APPROVED),
    }.get(verdict)


def settle(session: Session, edit: HeldEdit, deed: EntryKind, entry_id: int) -> None:
    """Carry out what the entry says of an edit: a refused one goes, any other becomes the comment's text."""
    if deed is EntryKind.KEPT:
        _keep(session, edit, entry_id, VersionKind.DROPPED, edit.words)
    else:
        _keep(session, edit, entry_id, VersionKind.TAKEN, standing_words(session, edit.comment_id).words)
        _say(session, edit.comment_id, edit.words)
    changing.drop_edit(session, edit.comment_id)


def give_back(session: Session, comment_id: int, kept: KeptVersion, entry_id: int) -> None:
    """Undo what an entry did to texts, by the entry `entry_id`; nobody has written since, or it were not the last."""
    standing = standing_words(session, comment_id)
    if kept.kind in UNDONE_CORRECTIONS:
        out_of_use, kind = standing.words, UNDONE_CORRECTIONS[kept.kind]
        changing.change_version(
            session,
            kept.entry_id,
            into=entry_id,
            kind=kind,
            name=out_of_use.name,
            body_text=out_of_use.body_text,
        )
        _say(session, comment_id, kept.words)
    elif kept.kind is VersionKind.TAKEN:
        _wait(session, comment_id, standing.words, kept)
        changing.change_version(session, kept.entry_id, into=entry_id, kind=VersionKind.TAKEN_BACK)
        _say(session, comment_id, kept.words)
    elif kept.kind is VersionKind.DROPPED:
        _wait(session, comment_id, kept.words, kept)
        changing.change_version(session, kept.entry_id, into=entry_id, kind=VersionKind.DROPPED_BACK)
    elif standing.edit is not None:
        taken = kept.kind is VersionKind.TAKEN_BACK
        out_of_use = standing.words if taken else standing.edit.words
        changing.change_version(
            session,
            kept.entry_id,
            into=entry_id,
            kind=VersionKind.TAKEN if taken else VersionKind.DROPPED,
            name=out_of_use.name,
            body_text=out_of_use.body_text,
        )
        if taken:
            _say(session, comment_id, standing.edit.words)
        changing.drop_edit(session, comment_id)


def _keep(session: Session, edit: HeldEdit, entry_id: int, kind: VersionKind, words: CommentWords) -> None:
    changing.keep_version(
        session,
        CommentVersion(
            comment_id=edit.comment_id,
            entry_id=entry_id,
            kind=kind,
            name=words.name,
            body_text=words.body_text,
            at=edit.at,
        ),
    )


def _wait(session: Session, comment_id: int, words: CommentWords, kept: KeptVersion) -> None:
    html = sanitize.comment_html(words.body_text)
    held = CommentEdit(
        comment_id=comment_id, name=words.name, body_text=words.body_text, body_html=html, at=kept.at
    )
    changing.hold_edit(session, held)


def _say(session: Session, comment_id: int, words: CommentWords) -> None:
    """Let a comment say these words, cleaned by the rules of today."""
    html = sanitize.comment_html(words.body_text)
    storing.rewrite(session, comment_id, name=words.name, body_text=words.body_text, body_html=html)
