"""The names of the things that pages are made of."""

FRONT = "front"
SITE = "site"
PURGED = "purged"  # no thing: its number says up to which change a CDN was told
POLICIES = "policies"  # of moderation; no page is made of them
ANYTHING = "*"  # counts the changes of all things, in the order in which they are committed


def article(article_id: int) -> str:
    """Return the name of an article, with its thread."""
    return f"article:{article_id}"


def author(author_id: int) -> str:
    """Return the name of an author with all that is listed under it."""
    return f"author:{author_id}"


def section(section_id: int) -> str:
    """Return the name of a section with all that is listed under it."""
    return f"section:{section_id}"


def tag(tag_id: int) -> str:
    """Return the name of a tag with all that is listed under it."""
    return f"tag:{tag_id}"
