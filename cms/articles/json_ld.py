"""An article as schema.org's NewsArticle (https://schema.org/NewsArticle)."""

import json
from typing import Any

from markupsafe import Markup

from cms.articles.queries.reading import ArticlePage
from cms.articles.rules import address_of
from cms.config import Settings

_UNSAFE_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def news_article(page: ArticlePage, settings: Settings) -> Markup:
    """Return the content of the page's `application/ld+json` element, in which no text can end the element."""
    base = settings.base_url
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": page.title,
        "description": page.standfirst,
        "inLanguage": page.language,
        "datePublished": page.publish_at.isoformat(),
        "dateModified": (page.updated_at or page.publish_at).isoformat(),
        "mainEntityOfPage": base + address_of(page.kind, page.slug),
        "author": [
            {"@type": "Person", "name": author.name, "url": base + address_of("author", author.slug)}
            for author in page.authors
        ],
        "publisher": {"@type": "NewsMediaOrganization", "name": settings.site_name, "url": base + "/"},
    }
    if page.section:
        facts["articleSection"] = page.section.name
    if page.tags:
        facts["keywords"] = [tag.name for tag in page.tags]
    if page.picture:
        facts["image"] = [base + page.picture.address]
    text = json.dumps(facts, ensure_ascii=False)
    return Markup("".join(_UNSAFE_IN_SCRIPT.get(letter, letter) for letter in text))  # noqa: S704  # escaped above
