"""Changing the comments of somebody who has proved her address; erasing.py erases them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cms.comments.actions import editing, receipts
from cms.privacy.queries.personal import comments_of, sender_of
from cms.site import Site

AT_ONCE = 50  # comments in one transaction; the writer is free again within a moment


def rename(site: Site, fingerprint: str, chosen: int | None, name: str, now: datetime) -> None:
    """Correct her name in one comment, or in all of hers (None); a comment of somebody else's is left alone."""
    for ids in _chosen_ids(site, fingerprint, chosen):
        editing.rename(site, ids, name, now)


def withdraw(site: Site, fingerprint: str, chosen: int | None, now: datetime) -> None:
    """Withdraw one comment, or all of hers (None); a comment of somebody else's is left alone."""
    for ids in _chosen_ids(site, fingerprint, chosen):
        receipts.withdraw(site, ids, now)


def _chosen_ids(site: Site, fingerprint: str, chosen: int | None) -> Iterator[Sequence[int]]:
    if chosen is not None:
        with site.database.reading() as session:
            is_hers = sender_of(session, chosen) == fingerprint
        if is_hers:
            yield [chosen]
        return
    after = 0
    while ids := _ids_after(site, fingerprint, after):
        yield ids
        after = ids[-1]


def _ids_after(site: Site, fingerprint: str, after: int) -> Sequence[int]:
    with site.database.reading() as session:
        return comments_of(session, fingerprint, after=after, size=AT_ONCE)
