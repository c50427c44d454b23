"""What somebody who has proved her address may do with all that was sent from it; erasing.py erases it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from cms.comments.actions import editing, receipts
from cms.privacy.queries.personal import comments_of, whose
from cms.site import Site

AT_ONCE = 50  # comments in one transaction; the writer is free again within a moment


def rename(site: Site, fingerprint: str, chosen: int | None, name: str, now: datetime) -> None:
    """Correct her name in one comment, or in all of them (None); others' are left alone."""
    _each(site, fingerprint, chosen, lambda ids: editing.rename(site, ids, name, now))


def withdraw(site: Site, fingerprint: str, chosen: int | None, now: datetime) -> None:
    """Withdraw one comment, or all of them (None); others' are left alone."""
    _each(site, fingerprint, chosen, lambda ids: receipts.withdraw(site, ids, now))


def _each(site: Site, fingerprint: str, chosen: int | None, deed: Callable[[Sequence[int]], None]) -> None:
    for ids in _portions(site, fingerprint) if chosen is None else _one(site, fingerprint, chosen):
        deed(ids)


def _portions(site: Site, fingerprint: str) -> Iterator[Sequence[int]]:
    behind = 0
    while True:
        with site.database.reading() as session:
            ids = comments_of(session, fingerprint, behind=behind, size=AT_ONCE)
        if not ids:
            return
        yield ids
        behind = ids[-1]


def _one(site: Site, fingerprint: str, comment_id: int) -> Iterator[Sequence[int]]:
    with site.database.reading() as session:
        is_hers = whose(session, comment_id) == fingerprint
    if is_hers:
        yield [comment_id]
