"""What a WordPress export can hold, one frozen record a kind."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ChannelHead:
    """What an export says about the site that it comes from."""

    version: str = ""
    title: str = ""
    link: str = ""
    description: str = ""
    language: str = ""
    base_site_url: str = ""
    base_blog_url: str = ""


@dataclass(frozen=True, slots=True)
class WxrAuthor:
    """Someone who wrote on the site; the address that stands there too is passed over."""

    login: str = ""
    author_id: str = ""
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class WxrTerm:
    """A category, a tag or a term of another taxonomy; `parent` is a slug."""

    taxonomy: str
    slug: str = ""
    term_id: str = ""
    name: str = ""
    parent: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class WxrComment:
    """A comment as it stood in WordPress; the network address of its writer is passed over."""

    comment_id: str = ""
    author: str = ""
    email: str = field(default="", repr=False)
    date: str = ""
    date_gmt: str = ""
    content: str = ""
    approved: str = ""
    kind: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class WxrItem:
    """A post of any type with everything that hangs on it; every value is the text of the file."""

    line: int
    title: str = ""
    link: str = ""
    pub_date: str = ""
    creator: str = ""
    guid: str = ""
    content: str = ""
    excerpt: str = ""
    post_id: str = ""
    post_date: str = ""
    post_date_gmt: str = ""
    post_modified: str = ""
    post_modified_gmt: str = ""
    comment_status: str = ""
    post_name: str = ""
    status: str = ""
    post_parent: str = ""
    menu_order: str = ""
    post_type: str = ""
    post_password: str = ""
    is_sticky: str = ""
    attachment_url: str = ""
    terms: tuple[WxrTerm, ...] = ()
    meta: tuple[tuple[str, str], ...] = ()
    comments: tuple[WxrComment, ...] = ()


@dataclass(frozen=True, slots=True)
class Oversized:
    """An item that is passed over because it is longer than any real one."""

    line: int
    title: str
    post_id: str


@dataclass(frozen=True, slots=True)
class Damage:
    """The place where the file stops being readable; nothing comes after it."""

    line: int
    why: str


WxrEvent = ChannelHead | WxrAuthor | WxrTerm | WxrItem | Oversized | Damage
