"""What writers changed in comments that wait, beside what stood there before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment, CommentEdit
from cms.comments.queries.editing import CommentWords, first_words
from cms.comments.rules import CommentStatus
from cms.text.differences import difference_html


@dataclass(frozen=True, slots=True)
class Change:
    """What a writer changed: the text with its difference marked, and her name before, '' where that stayed.

    `is_edit` where an approved comment stays public as it was until somebody decides; else its held text was changed.
    """

    is_edit: bool
    name_before: str
    difference_html: str


EDIT_COLUMNS: tuple[Any, ...] = (  # Any: columns of many kinds; for a statement with `WITH_EDIT` joined
    col(Comment.body_text),
    col(CommentEdit.name).label("edit_name"),
    col(CommentEdit.body_text).label("edit_text"),
    col(CommentEdit.body_html).label("edit_html"),
)
IS_ITS_EDIT: sa.ColumnElement[bool] = col(CommentEdit.comment_id) == col(Comment.id)


def changes(session: Session, rows: Iterable[Any]) -> dict[int, Change]:
    """Return what was changed, by the comment's id, of rows with EDIT_COLUMNS; one SELECT, none where nothing is held."""
    found = {row.id: _edit(row) for row in rows if row.edit_name is not None}
    held = {row.id: row for row in rows if row.status is CommentStatus.HELD}
    before = first_words(session, list(held)) if held else {}
    return found | {number: _change(words, held[number]) for number, words in before.items()}


def _edit(row: Any) -> Change:
    return _between(
        CommentWords(row.name, row.body_text), CommentWords(row.edit_name, row.edit_text), is_edit=True
    )


def _change(before: CommentWords, row: Any) -> Change:
    return _between(before, CommentWords(row.name, row.body_text), is_edit=False)


def _between(before: CommentWords, after: CommentWords, *, is_edit: bool) -> Change:
    return Change(
        is_edit=is_edit,
        name_before=before.name if before.name != after.name else "",
        difference_html=difference_html(before.body_text, after.body_text),
    )
