"""Where readers who come by an old address are led."""

from collections.abc import Callable

import pytest
from flask import Flask

from cms.exchange.report import ImportReport
from tests.exchange.conftest import HEAD, comment, export, post, tag, term

pytestmark = pytest.mark.both_engines

Bring = Callable[..., ImportReport]
PEOPLE = (
    f"<wp:author>{tag('wp:author_id', 12)}{tag('wp:author_login', 'ada_l')}"
    f"{tag('wp:author_display_name', 'Ada Lovelace')}</wp:author>"
    f"<wp:category>{tag('wp:term_id', 3)}{tag('wp:category_nicename', 'world')}{tag('wp:cat_name', 'World')}"
    "</wp:category>"
    f"<wp:category>{tag('wp:term_id', 4)}{tag('wp:category_nicename', 'asia')}{tag('wp:cat_name', 'Asia')}"
    f"{tag('wp:category_parent', 'world')}</wp:category>"
    f"<wp:tag>{tag('wp:tag_slug', '%da%86%d8%a7%d8%a6%db%92')}{tag('wp:tag_name', 'چائے')}</wp:tag>"
)
URDU = "%d8%b3%d9%84%d8%a7%d9%85"
OLD_SLUG = "<wp:postmeta><wp:meta_key>_wp_old_slug</wp:meta_key><wp:meta_value>first-name</wp:meta_value></wp:postmeta>"


LEADS = {
    "/2024/05/post-7/": "/articles/post-7",
    "/2024/05/post-7": "/articles/post-7",
    "/2024/05/post-7/?utm_source=x": "/articles/post-7",
    "/2024/05/post-7/feed/": "/articles/post-7",
    "/2024/05/post-7/2/": "/articles/post-7",
    "/2024/05/post-7/comment-page-1/": "/articles/post-7",
    "/2024/05/first-name/": "/articles/post-7",
    "/?p=7": "/articles/post-7",
    "/archives/7": "/articles/post-7",
    f"/2024/05/{URDU}/": "/articles/%D8%B3%D9%84%D8%A7%D9%85",
    f"/2024/05/{URDU.upper()}/": "/articles/%D8%B3%D9%84%D8%A7%D9%85",
    "/2024/05/سلام/": "/articles/%D8%B3%D9%84%D8%A7%D9%85",
    "/about/": "/pages/about",
    "/?page_id=9": "/pages/about",
    "/category/world/": "/sections/world",
    "/category/world/feed/": "/sections/world/feed.xml",
    "/category/world/page/1/": "/sections/world",
    "/category/world/asia/": "/tags/asia",
    "/category/asia/": "/tags/asia",
    "/?cat=3": "/sections/world",
    "/tag/%da%86%d8%a7%d8%a6%db%92/": "/tags/%DA%86%D8%A7%D8%A6%DB%92",
    "/tag/%DA%86%D8%A7%D8%A6%DB%92/feed/": "/tags/%DA%86%D8%A7%D8%A6%DB%92/feed.xml",
    "/author/ada_l/": "/authors/ada-lovelace",
    "/author/ada_l/feed/": "/authors/ada-lovelace/feed.xml",
    "/?author=12": "/authors/ada-lovelace",
    "/feed/": "/feed.xml",
    "/feed": "/feed.xml",
    "/feed/atom/": "/feed.xml",
    "/comments/feed/": "/feed.xml",
    "/?feed=rss2": "/feed.xml",
    "/page/1/": "/",
    "/2024/": "/",
    "/2024/05/": "/",
    "/2024/05/06/": "/",
    "/?m=202405": "/",
}  # fmt: skip


def one_site(folder: str = "") -> str:
    head = HEAD.replace("https://old.example", f"https://old.example{folder}")
    return export(
        post(
            7,
            term("category", "world"),
            term("category", "asia"),
            term("post_tag", "%da%86%d8%a7%d8%a6%db%92", "چائے"),
            OLD_SLUG,
            comment(3),
            dc_creator="ada_l",
            wp_post_date="2024-05-06 09:00:00",
            link=f"https://old.example{folder}/2024/05/post-7/",
            content_encoded="One<!--nextpage-->Two",
        ),
        post(
            8,
            wp_post_name=URDU,
            link=f"https://old.example{folder}/2024/05/{URDU}/",
            wp_post_date="2024-05-06 09:00:00",
        ),
        post(9, wp_post_type="page", wp_post_name="about", link=f"https://old.example{folder}/about/"),
        head=head + PEOPLE,
    )


@pytest.mark.parametrize("folder", ["", "/blog"])
def test_an_old_address_leads_on_in_one_hop(bring: Bring, app: Flask, folder: str) -> None:
    bring(one_site(folder))
    client = app.test_client()
    answers = {old: client.get(folder + old) for old in LEADS}
    assert {old: answer.location for old, answer in answers.items()} == LEADS
    assert {answer.status_code for answer in answers.values()} == {301}
    assert {new: client.get(new).status_code for new in LEADS.values()} == dict.fromkeys(LEADS.values(), 200)


def test_a_page_that_was_the_front_page_does_not_take_its_address(bring: Bring, app: Flask) -> None:
    bring(export(post(1, wp_post_type="page", link="https://old.example/"), post(2)))
    assert app.test_client().get("/").status_code == 200


def test_the_mark_of_an_old_comment_is_still_on_the_page(bring: Bring, app: Flask) -> None:
    bring(export(post(1, comment(4711))))
    assert b'id="comment-4711"' in app.test_client().get("/articles/post-1").data
