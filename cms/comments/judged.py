"""A comment as far as judging it needs to know it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class JudgedComment:
    """A comment that is judged when it comes in, when it is edited, or after an import.

    `comment_id` is 0 while it is not stored. `language` is its article's. `haste_seconds` is None if nobody measured how
    long its writer took.
    """

    article_id: int
    parent_id: int | None
    root_id: int | None
    language: str
    name: str
    body_text: str = field(repr=False)
    email_fingerprint: str = field(repr=False)
    comment_id: int = 0
    own_address_in_text: bool = False
    trap_filled: bool = False
    origin_known: bool = True
    haste_seconds: int | None = None
