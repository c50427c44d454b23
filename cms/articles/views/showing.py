"""What the template of an article is given, what its page is made of, and until when the page is true."""

from datetime import datetime
from typing import Any

from markupsafe import Markup

from cms.answering.shown import once
from cms.articles.json_ld import script_text
from cms.articles.models import ArticleKind
from cms.articles.queries.article_page import ArticlePage, Onward
from cms.articles.rules import address_of
from cms.comments.queries.thread import VisibleThread
from cms.comments.rules import closes_at, paused_until, week_end
from cms.comments.views.places import thread_path
from cms.moderation.pauses import FOR_EVER
from cms.pages import rules as things
from cms.web import site


def article_context(
    page: ArticlePage, onward: Onward, thread: VisibleThread, now: datetime
) -> dict[str, Any]:
    """Return what an article's template shows, for its page and for the desk's preview."""
    settings = site().settings
    end = closes_at(page.publish_at, page.comments_open, page.comments_close_at, settings.close_after_days)
    path = address_of(page.kind, page.slug)
    paused = paused_until(page.comments_paused_until, now)
    is_open = (end is None or now < end) and paused is None
    return {
        "article": page,
        "onward": onward,
        "thread": thread,
        "thread_next_url": thread_path(path, thread.root_id, thread.next_page) if thread.next_page else "",
        "article_url": path,
        "comments_state": "open" if is_open else "closed",
        "opens_at": paused
        if paused is not None and paused < FOR_EVER and (end is None or paused < end)
        else None,
        "closes_at": end,
        "action_url": f"{path}/comments",
        "can_notify": settings.mail_is_on,
        "canonical": settings.base_url + path,
        "json_ld": once(_json_ld, page),
    }


def _json_ld(page: ArticlePage) -> Markup:
    return Markup(script_text(_news_article(page)))  # noqa: S704  # no text can end the element


def _news_article(page: ArticlePage) -> dict[str, Any]:
    # The properties that https://schema.org/NewsArticle and the search engines' own guides ask for.
    settings = site().settings
    base = settings.base_url
    publisher = {"@type": "NewsMediaOrganization", "name": settings.site_name, "url": f"{base}/"}
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "WebPage" if page.kind is ArticleKind.PAGE else "NewsArticle",
        "headline": page.title,
        "inLanguage": page.language,
        "datePublished": page.publish_at.isoformat(),
        "dateModified": (page.updated_at or page.publish_at).isoformat(),
        "mainEntityOfPage": base + address_of(page.kind, page.slug),
        "author": [
            {"@type": "Person", "name": author.name, "url": base + address_of("author", author.slug)}
            for author in page.authors
        ]
        or [publisher],
        "publisher": publisher,
    }
    if page.standfirst:
        facts["description"] = page.standfirst
    if page.section:
        facts["articleSection"] = page.section.name
    if page.tags:
        facts["keywords"] = [tag.name for tag in page.tags]
    if page.picture:
        facts["image"] = [base + page.picture.address]
    return facts


def things_of(page: ArticlePage) -> list[str]:
    """Return the names of the things that an article's page is made of."""
    return [
        things.article(page.id),
        *(things.author(author.id) for author in page.authors),
        *(things.tag(tag.id) for tag in page.tags),
        *([things.section(page.section_id)] if page.section_id is not None else []),
        things.SITE,
    ]


def true_until(page: ArticlePage, now: datetime) -> datetime:
    """Return when the page must be made again: its form's token ends with the week, comments close or open."""
    end = closes_at(
        page.publish_at, page.comments_open, page.comments_close_at, site().settings.close_after_days
    )
    changes = (end, page.comments_paused_until)
    return min([week_end(now), *(change for change in changes if change is not None and now < change)])
