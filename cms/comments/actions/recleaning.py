"""Cleaning stored comments anew."""

from cms import sanitize
from cms.comments import writes
from cms.comments.queries.typed import typed_texts
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site

RECLEAN_AT_ONCE = 200  # comments; the writer is free again within a second


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
