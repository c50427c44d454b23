"""Cleaning stored comments anew."""

from collections.abc import Sequence

from cms import sanitize
from cms.comments.queries.typed import TypedText, typed_texts
from cms.comments.writes import storing
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site

RECLEAN_AT_ONCE = 200  # comments; where all look different, the writer is free again within some 20 ms


def reclean(site: Site) -> int:
    """Clean every stored comment anew, RECLEAN_AT_ONCE at a time; return how many changed.

    They are cleaned before the transaction that stores what changed, since cleaning can take a second; a text that its
    writer has changed meanwhile was cleaned by the rules of today.
    """
    changed, behind = 0, 0
    while True:
        with site.database.reading() as session:
            texts = typed_texts(session, behind=behind, size=RECLEAN_AT_ONCE)
        if not texts:
            return changed
        cleaned = [(text, sanitize.comment_html(text.body_text)) for text in texts]
        changed += _store(site, [(text, html) for text, html in cleaned if html != text.body_html])
        behind = texts[-1].id


def _store(site: Site, cleaned: Sequence[tuple[TypedText, str]]) -> int:
    """Store the HTML of those whose text is still what was cleaned; return of how many."""
    if not cleaned:
        return 0
    with site.database.writing() as session:
        changed = [
            text for text, html in cleaned if storing.set_body_html(session, text.id, html, of=text.body_text)
        ]
        bump(session, {things.article(text.article_id) for text in changed})
        session.commit()
    return len(changed)
