"""A post or page of an export with everything that can be derived from it alone."""

from dataclasses import dataclass
from datetime import tzinfo

from cms.exchange.mapping import IncomingArticle, digest_of, incoming, key_of, number_of
from cms.exchange.survey import Survey
from cms.exchange.wordpress_comments import Thread, thread
from cms.exchange.wxr_events import WxrItem


@dataclass(frozen=True, slots=True)
class SiteDefaults:
    """The importing site's time zone and language, for dates and texts of the export that name none."""

    zone: tzinfo
    language: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A post or page: the keys by which a later import recognises it, the article it becomes, and its comments."""

    what: str
    link: str
    post_id: str
    key: str
    number: str
    digest: str
    incoming: IncomingArticle
    thread: Thread


def arrival(item: WxrItem, survey: Survey, here: SiteDefaults) -> Arrival:
    """Return everything about a post or page that needs no database."""
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
