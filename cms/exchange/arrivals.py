"""A post or page of an export as it comes in."""

from dataclasses import dataclass
from datetime import tzinfo

from cms.exchange.mapping import IncomingArticle, digest_of, incoming, key_of, number_of
from cms.exchange.survey import Survey
from cms.exchange.wordpress_comments import Thread, thread
from cms.exchange.wxr_events import WxrItem


@dataclass(frozen=True, slots=True)
class Here:
    """What the export is brought to: the site's zone, for dates without one, and its language, where none is named."""

    zone: tzinfo
    language: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """By what a post or page is known again, what it becomes, and what was said below it."""

    what: str
    link: str
    post_id: str
    key: str
    number: str
    digest: str
    incoming: IncomingArticle
    thread: Thread


def arrival(item: WxrItem, survey: Survey, here: Here) -> Arrival:
    """Return all that can be said of a post or page without asking the database."""
    return Arrival(
        what=f"{item.post_type} {item.post_id} {item.title!r}"[:300],
        link=item.link,
        post_id=item.post_id,
        key=key_of(item),
        number=number_of(item, survey),
        digest=digest_of(item, survey),
        incoming=incoming(item, survey, here.zone, here.language),
        thread=thread(item.comments, here.zone),
    )
