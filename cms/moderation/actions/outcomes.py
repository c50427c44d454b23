"""What became of comments about which somebody decided."""

from collections.abc import Iterable
from dataclasses import dataclass

from cms.comments.rules import CommentStatus
from cms.moderation.queries.standing import (
    LockedComment,
    Newest,
)
from cms.moderation.rules import (
    LeftAsItIs,
)
from cms.pages import rules as things


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each comment: `decided` holds the ids of new entries, the others ids of comments.

    `unchanged` was so already; `left` was decided by others or changed by its writer meanwhile;
    `refused` cannot be published, since it was withdrawn or erased.
    """

    decided: tuple[int, ...] = ()
    unchanged: tuple[int, ...] = ()
    left: tuple[LeftAsItIs, ...] = ()
    refused: tuple[int, ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        """Return what became of the comments of both."""
        return Outcome(
            self.decided + other.decided,
            self.unchanged + other.unchanged,
            self.left + other.left,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class NotHere:
    """The refusal of ids that nothing has; nothing was changed."""

    ids: tuple[int, ...]


def left_as_it_is(comment: LockedComment, last: Newest) -> LeftAsItIs:
    """Return what is said of a comment that somebody else was faster with."""
    return LeftAsItIs(comment.id, last.entry.id, last.entry.deed, last.by_name, last.at, comment.status)


def changed_article(comment: LockedComment, after: CommentStatus) -> str:
    """Return the name of the article whose page changes, or '' where none does."""
    return things.article(comment.article_id) if CommentStatus.APPROVED in {comment.status, after} else ""


def hidden(comments: Iterable[LockedComment]) -> list[int]:
    """Return the ids of those that readers could not see before anything was decided."""
    return [comment.id for comment in comments if comment.status is not CommentStatus.APPROVED]
