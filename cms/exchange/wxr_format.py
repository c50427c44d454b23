"""The elements of WordPress's export format, and which of them are read."""

DEEPEST = 64  # elements within each other; WXR itself has 5
LONGEST_ITEM = 32_000_000  # characters of one post with its comments; the longest real ones take 5 million
LONGEST_VALUE = 65_536  # characters of any other value; page builders fill custom fields with megabytes
ELEMENT_COST = 50  # characters that an empty element counts as: a million of them take memory too

# The custom fields that mean something here; all others are passed over unread.
META_READ = frozenset(
    {
        "_thumbnail_id",
        "_wp_attached_file",
        "_wp_attachment_image_alt",
        "_wp_old_slug",
        "footnotes",
    }
)

# Which element may open a record within which.
WITHIN: dict[str, dict[str, str]] = {
    "rss": {"channel": "channel"},
    "channel": {
        "item": "item",
        "wp:author": "author",
        "wp:category": "category",
        "wp:tag": "tag",
        "wp:term": "term",
    },
    "item": {"wp:comment": "comment", "wp:postmeta": "postmeta"},
}

# Which element fills which field of the record that it stands in.
FIELDS: dict[str, dict[str, str]] = {
    "channel": {
        "wp:wxr_version": "version",
        "title": "title",
        "link": "link",
        "description": "description",
        "language": "language",
        "wp:base_site_url": "base_site_url",
        "wp:base_blog_url": "base_blog_url",
    },
    "author": {
        "wp:author_id": "author_id",
        "wp:author_login": "login",
        "wp:author_display_name": "display_name",
        "wp:author_first_name": "first_name",
        "wp:author_last_name": "last_name",
    },
    "category": {
        "wp:term_id": "term_id",
        "wp:category_nicename": "slug",
        "wp:cat_name": "name",
        "wp:category_parent": "parent",
        "wp:category_description": "description",
    },
    "tag": {
        "wp:term_id": "term_id",
        "wp:tag_slug": "slug",
        "wp:tag_name": "name",
        "wp:tag_description": "description",
    },
    "term": {
        "wp:term_id": "term_id",
        "wp:term_taxonomy": "taxonomy",
        "wp:term_slug": "slug",
        "wp:term_name": "name",
        "wp:term_parent": "parent",
        "wp:term_description": "description",
    },
    "item": {
        "title": "title",
        "link": "link",
        "pubDate": "pub_date",
        "dc:creator": "creator",
        "guid": "guid",
        "content:encoded": "content",
        "excerpt:encoded": "excerpt",
        "category": "category",
        **{f"wp:{name}": name for name in ("post_id", "post_date", "post_date_gmt", "post_modified")},
        **{f"wp:{name}": name for name in ("post_modified_gmt", "comment_status", "post_name", "status")},
        **{f"wp:{name}": name for name in ("post_parent", "menu_order", "post_type", "post_password")},
        **{f"wp:{name}": name for name in ("is_sticky", "attachment_url")},
    },
    "comment": {
        "wp:comment_id": "comment_id",
        "wp:comment_author": "author",
        "wp:comment_author_email": "email",
        "wp:comment_date": "date",
        "wp:comment_date_gmt": "date_gmt",
        "wp:comment_content": "content",
        "wp:comment_approved": "approved",
        "wp:comment_type": "kind",
        "wp:comment_parent": "parent",
    },
    "postmeta": {"wp:meta_key": "key", "wp:meta_value": "value"},
}


def family(uri: str) -> str:
    """Return the usual prefix of a namespace, "" for one that exports do not use.

    The address differs by version (1.0, 1.1, 1.2) and by scheme, so only what they share is compared.
    """
    if "wordpress.org/export/" in uri:
        return "excerpt" if uri.rstrip("/").endswith("/excerpt") else "wp"
    if "purl.org/rss/1.0/modules/content" in uri:
        return "content"
    return "dc" if "purl.org/dc/elements" in uri else ""
