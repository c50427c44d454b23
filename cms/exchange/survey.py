"""What has to be known of a whole export before its first article can come in."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cms.exchange.shortcodes import Attachment
from cms.exchange.urls import parts_of
from cms.exchange.wxr_events import (
    ChannelHead,
    Damage,
    Oversized,
    WxrAuthor,
    WxrEvent,
    WxrItem,
    WxrTerm,
)

ARTICLE_TYPES = frozenset({"post", "page"})
# Of a comment that keeps its number: PostgreSQL's integer ends at 2,147,483,647.
LARGEST_NUMBER = 2_000_000_000
REUSED_MAX = 200_000  # characters of one reusable block that are kept in memory


@dataclass(slots=True)
class Survey:
    """The export's head, its people, subjects and files, and what in it stands more than once.

    Its size goes with the number of posts, terms and attachments, never with their texts.
    """

    head: ChannelHead = field(default_factory=ChannelHead)
    authors: dict[str, WxrAuthor] = field(default_factory=dict)
    terms: dict[tuple[str, str], WxrTerm] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    attached: dict[str, list[str]] = field(default_factory=dict)
    attachment_links: dict[str, tuple[str, str]] = field(default_factory=dict)
    attachment_files: dict[str, str] = field(default_factory=dict)
    reusable: dict[str, str] = field(default_factory=dict)
    guids_seen: set[bytes] = field(default_factory=set)
    guids_shared: set[bytes] = field(default_factory=set)
    ids_seen: set[str] = field(default_factory=set)
    ids_shared: set[str] = field(default_factory=set)
    uses: Counter[tuple[str, str]] = field(default_factory=Counter)
    days: set[str] = field(default_factory=set)
    passed_over: Counter[str] = field(default_factory=Counter)
    comments_passed_over: int = 0
    oversized: list[Oversized] = field(default_factory=list)
    articles: int = 0
    comments: int = 0
    largest_comment_id: int = 0
    damage: Damage | None = None

    @property
    def source(self) -> str:
        """Name the site that the export comes from, without scheme: it may have changed since."""
        address = self.head.base_blog_url or self.head.link or self.head.base_site_url
        parts = parts_of(address if "//" in address else f"//{address}")
        return f"{parts.netloc}{parts.path}".rstrip("/").lower()[:500] or "wordpress"

    @property
    def base_path(self) -> str:
        """Return the folder in which the site lay on its host, without a slash at its end."""
        return parts_of(self.head.base_blog_url or self.head.link).path.rstrip("/")

    @property
    def hosts(self) -> frozenset[str]:
        """Return the names of the site's own hosts."""
        addresses = (self.head.base_blog_url, self.head.base_site_url, self.head.link)
        return frozenset(parts_of(address).netloc.lower() for address in addresses if address)

    def is_shared_guid(self, guid: str) -> bool:
        """Tell whether several items have this guid."""
        return _mark(guid) in self.guids_shared

    def own_attachments(self, post_id: str) -> list[Attachment]:
        """Return the files that were uploaded to a post, in their order."""
        return [self.attachments[number] for number in self.attached.get(post_id, ())]


def survey(events: Iterable[WxrEvent]) -> Survey:
    """Return what a first reading of the whole export tells."""
    found = Survey()
    for event in events:
        match event:
            case ChannelHead():
                found.head = event
            case WxrAuthor():
                found.authors.setdefault(event.login, event)
            case WxrTerm():
                found.terms.setdefault((event.taxonomy, event.slug), event)
            case WxrItem():
                _note(found, event)
            case Oversized():
                found.oversized.append(event)
            case Damage():
                found.damage = event
    for numbers in found.attached.values():
        numbers.sort(key=lambda number: int(number) if number.isdecimal() else 0)
    return found


def _note(found: Survey, item: WxrItem) -> None:
    _note_guid(found, item.guid)
    if item.post_type in ARTICLE_TYPES:
        _note_article(found, item)
        return
    found.comments_passed_over += len(item.comments)
    if item.post_type == "attachment":
        _note_attachment(found, item)
    elif item.post_type == "wp_block" and len(item.content) <= REUSED_MAX:
        found.reusable[item.post_id] = item.content
    found.passed_over[item.post_type] += 1


def _note_guid(found: Survey, guid: str) -> None:
    mark = _mark(guid)
    (found.guids_shared if mark in found.guids_seen else found.guids_seen).add(mark)


def _mark(guid: str) -> bytes:
    """Return what stands for a guid, as those of a large site take 100 MB; the same in another process, unlike `hash()`."""
    return hashlib.blake2b(guid.encode("utf-8", "replace"), digest_size=8).digest()


def _note_article(found: Survey, item: WxrItem) -> None:
    found.articles += 1
    found.comments += len(item.comments)
    if item.post_id:
        (found.ids_shared if item.post_id in found.ids_seen else found.ids_seen).add(item.post_id)
    if item.status == "publish" and item.post_type == "post":
        if re.match(r"\d{4}-\d\d-\d\d", item.post_date) and not item.post_date.startswith("0000"):
            found.days.add(item.post_date[:10])
        found.uses.update({(term.taxonomy or "category", term.slug) for term in item.terms})
        found.uses["author", item.creator] += 1
    numbers = (int(comment.comment_id) for comment in item.comments if comment.comment_id.isdecimal())
    usable = (number for number in numbers if number <= LARGEST_NUMBER)
    found.largest_comment_id = max(found.largest_comment_id, max(usable, default=0))


def _note_attachment(found: Survey, item: WxrItem) -> None:
    meta: Mapping[str, str] = dict(item.meta)
    url = item.attachment_url or item.guid
    if not item.post_id or not url:
        return
    alt = meta.get("_wp_attachment_image_alt", "")
    found.attachments[item.post_id] = Attachment(item.post_id, url, item.title, alt, item.excerpt)
    found.attachment_links[item.post_id] = (item.link, item.post_parent)
    if "_wp_attached_file" in meta:
        found.attachment_files[url] = meta["_wp_attached_file"]
    if item.post_parent and item.post_parent != "0":
        found.attached.setdefault(item.post_parent, []).append(item.post_id)
