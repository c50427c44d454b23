"""What stands of a comment, and of a change to it, at the moment at which somebody changes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.comments.models import Comment, CommentEdit, CommentVersion, HoldReason
from cms.comments.rules import VersionKind
from cms.comments.signals import HoldCode
from cms.moderation.models import Decision


@dataclass(frozen=True, slots=True)
class CommentWords:
    """What a comment says: the name under which, and the text as typed."""

    name: str
    body_text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeldEdit:
    """A change to an approved comment that waits for a moderator since `at`."""

    comment_id: int
    words: CommentWords
    at: datetime


@dataclass(frozen=True, slots=True)
class StandingWords:
    """What a comment says and where, what its held edit would make it say, and why its sending made it wait."""

    article_id: int
    parent_id: int | None
    root_id: int | None
    language: str
    email_fingerprint: str
    words: CommentWords
    edit: HeldEdit | None
    sending: dict[HoldCode, int]


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """What an entry of the log took out of use, with the moment of the edit that it was about."""

    entry_id: int
    kind: VersionKind
    words: CommentWords
    at: datetime


_HERS = aliased(CommentVersion)
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_WORDS = sa.select(
    col(Comment.article_id),
    col(Comment.parent_id),
    col(Comment.root_id),
    col(Comment.language),
    sa.func.coalesce(col(Comment.email_fingerprint), "").label("email_fingerprint"),
    col(Comment.name),
    col(Comment.body_text),
).where(col(Comment.id) == sa.bindparam("comment_id"))
_SENDING = sa.select(col(HoldReason.code), col(HoldReason.measure)).where(
    col(HoldReason.comment_id) == sa.bindparam("comment_id"),
    col(HoldReason.code).in_((HoldCode.TRAP, HoldCode.NO_ORIGIN, HoldCode.HASTE)),
)
_EDITS = sa.select(
    col(CommentEdit.comment_id), col(CommentEdit.name), col(CommentEdit.body_text), col(CommentEdit.at)
).where(col(CommentEdit.comment_id).in_(_IDS))
_VERSIONS = sa.select(
    col(CommentVersion.entry_id),
    col(CommentVersion.kind),
    col(CommentVersion.name),
    col(CommentVersion.body_text),
    col(CommentVersion.at),
).where(col(CommentVersion.entry_id).in_(_IDS))
_BY_HER = sa.select(sa.func.max(col(_HERS.id))).where(
    col(_HERS.comment_id) == col(CommentVersion.comment_id),
    col(_HERS.kind).in_((VersionKind.REPLACED, VersionKind.TAKEN)),
)
_ORIGINAL_IDS = (
    sa.select(sa.func.min(col(CommentVersion.id)))
    .where(
        col(CommentVersion.comment_id).in_(_IDS),
        col(CommentVersion.kind) == VersionKind.CORRECTED,
        col(CommentVersion.id) > sa.func.coalesce(_BY_HER.correlate(CommentVersion).scalar_subquery(), 0),
    )
    .group_by(col(CommentVersion.comment_id))
)
_ORIGINALS = sa.select(col(CommentVersion.comment_id), col(CommentVersion.body_text)).where(
    col(CommentVersion.id).in_(_ORIGINAL_IDS)
)
_CORRECTIONS = (
    sa.select(col(Decision.reason))
    .join(CommentVersion, col(CommentVersion.entry_id) == col(Decision.id))
    .where(
        col(CommentVersion.comment_id) == sa.bindparam("comment_id"),
        col(CommentVersion.kind) == VersionKind.CORRECTED,
    )
    .order_by(col(CommentVersion.id).desc())
    .limit(1)
)
_FIRST_IDS = (
    sa.select(sa.func.min(col(CommentVersion.id)))
    .where(
        col(CommentVersion.comment_id).in_(_IDS),
        col(CommentVersion.kind).in_((VersionKind.REPLACED, VersionKind.TAKEN)),
    )
    .group_by(col(CommentVersion.comment_id))
)
_FIRST = sa.select(
    col(CommentVersion.comment_id), col(CommentVersion.name), col(CommentVersion.body_text)
).where(col(CommentVersion.id).in_(_FIRST_IDS))


def standing_words(session: Session, comment_id: int) -> StandingWords:
    """Return what a comment that is there says; three SELECTs."""
    row = session.execute(_WORDS, {"comment_id": comment_id}).one()
    sending = session.execute(_SENDING, {"comment_id": comment_id})
    return StandingWords(
        row.article_id,
        row.parent_id,
        row.root_id,
        row.language,
        row.email_fingerprint,
        words=CommentWords(row.name, row.body_text),
        edit=held_edits(session, [comment_id]).get(comment_id),
        sending={reason.code: reason.measure for reason in sending},
    )


def held_edits(session: Session, ids: Sequence[int]) -> dict[int, HeldEdit]:
    """Return the held edits of comments, by the comment's id; one SELECT."""
    rows = session.execute(_EDITS, {"ids": ids})
    return {
        row.comment_id: HeldEdit(row.comment_id, CommentWords(row.name, row.body_text), row.at)
        for row in rows
    }


def versions_of(session: Session, entry_ids: Sequence[int]) -> dict[int, KeptVersion]:
    """Return what entries of the log took out of use, by the entry's id; one SELECT."""
    rows = session.execute(_VERSIONS, {"ids": entry_ids})
    return {
        row.entry_id: KeptVersion(row.entry_id, row.kind, CommentWords(row.name, row.body_text), row.at)
        for row in rows
    }


def first_words(session: Session, ids: Sequence[int]) -> dict[int, CommentWords]:
    """Return what edited comments said at first, by the comment's id; one SELECT."""
    rows = session.execute(_FIRST, {"ids": ids})
    return {row.comment_id: CommentWords(row.name, row.body_text) for row in rows}


def originals(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Return what corrected comments said in their writers' own words, by the comment's id; one SELECT, none for none."""
    return {row.comment_id: row.body_text for row in session.execute(_ORIGINALS, {"ids": ids})} if ids else {}


def reason_of_correction(session: Session, comment_id: int) -> str:
    """Return the code of the reason for which an editor last corrected a comment, '' where none did; one SELECT."""
    return session.execute(_CORRECTIONS, {"comment_id": comment_id}).scalar_one_or_none() or ""
