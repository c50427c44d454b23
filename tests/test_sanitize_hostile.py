"""Hostile comments and script injections, shown harmless, whole and in bounded size."""

import html
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cms.sanitize import ARTICLE_TAGS, article_html, comment_html, comment_text, comments_html, one_line
from cms.text.markup import COMMENT_TAGS, MAX_DEPTH, MAX_TAGS
from cms.text.typeset import MAX_BREAKS
from tests.seen import letters, seen

SHARED = Path(__file__).parents[2] / "shared" / "data"
HOSTILE = SHARED / "hostile"
XSS = SHARED / "xss"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the hostile material of ../shared is not here")


def hostile_comments() -> dict[str, str]:
    """Return every hostile comment by its file's name."""
    found = {file.name: file.read_bytes().decode("utf-8") for file in sorted(HOSTILE.glob("*.txt"))}
    if HOSTILE.is_dir():
        found["surrogates"] = json.loads((HOSTILE / "surrogates.json").read_bytes())["comment"]
        found["invalid-utf8"] = (HOSTILE / "invalid-utf8.bin").read_bytes().decode("utf-8", "replace")
    return found


def payloads() -> list[str]:
    """Return every script injection."""
    lines = (line for file in sorted(XSS.glob("*.jsonl")) for line in file.read_bytes().split(b"\n") if line)
    return [json.loads(line)["payload"] for line in lines]


@pytest.mark.parametrize(("name", "typed"), hostile_comments().items(), ids=hostile_comments())
class TestHostileComments:
    """Each of the hostile comments."""

    def test_is_written_in_bounded_size(self, name: str, typed: str) -> None:
        written = comment_html(typed)
        links = sum(len(str(link)) for link in seen(written).all("a"))
        assert len(html.unescape(written)) <= 2 * len(typed) + links

    def test_is_well_nested_within_the_limits(self, name: str, typed: str) -> None:
        found = seen(comment_html(typed))
        assert found.balanced
        assert {tag for tag, _ in found.tags} <= COMMENT_TAGS
        assert max((len(parents) for parents, _ in found.places), default=0) <= MAX_DEPTH
        # Typed elements and links are limited together; paragraphs and breaks are made of newlines.
        assert len(found.tags) <= MAX_TAGS + MAX_BREAKS + 1

    def test_can_be_stored(self, name: str, typed: str) -> None:
        for kept in (comment_text(typed), comment_html(typed), one_line(typed), article_html(typed)):
            assert "\x00" not in kept
            kept.encode()


@pytest.mark.parametrize(
    "name", ["lt.txt", "amp.txt", "entities.txt", "nested-b.txt", "unclosed-a.txt", "comments-unclosed.txt"]
)
def test_nothing_of_an_unclosed_or_escaped_text_is_eaten(name: str) -> None:
    typed = hostile_comments()[name]
    assert letters(seen(comment_html(typed)).text) == letters(typed)


def test_honest_prose_is_kept_whole() -> None:
    typed = hostile_comments()["markdown-and-prose.txt"]
    assert letters(seen(comment_html(typed)).text) == letters(typed)


@pytest.mark.parametrize("name", ["newlines.txt", "spaces.txt"])
def test_one_letter_among_thousands_of_spaces_is_one_short_paragraph(name: str) -> None:
    assert comment_html(hostile_comments()[name]).count("<") == 2


def test_hostile_comments_leave_those_beside_them_as_they_are() -> None:
    typed = [*hostile_comments().values(), *payloads()]
    assert comments_html(typed) == [comment_html(one) for one in typed]


def test_no_injection_leaves_more_than_harmless_markup_in_a_comment() -> None:
    for payload in payloads():
        for tag, attributes in seen(comment_html(payload)).tags:
            assert tag in COMMENT_TAGS, payload
            assert set(attributes) <= ({"href", "rel"} if tag == "a" else set()), payload
            assert urlsplit(attributes.get("href") or "http:").scheme in {"http", "https"}, payload


def test_what_an_injection_typed_stays_readable() -> None:
    shown = sum(
        letters(seen(comment_html(payload)).text) == letters(comment_text(payload)) for payload in payloads()
    )
    assert shown >= 0.9 * len(payloads())  # the others hold tags of the list, properly closed


def test_no_injection_in_an_article_runs_or_fetches() -> None:
    for payload in payloads():
        for tag, attributes in seen(article_html(payload)).tags:
            assert tag in ARTICLE_TAGS, payload
            assert not any(name.startswith("on") or name == "style" for name in attributes), payload
            assert (attributes.get("src") or "/static/").startswith(("/media/", "/static/")), payload
            assert urlsplit(attributes.get("href") or "").scheme in {"", "http", "https", "mailto"}, payload


def test_an_article_cleaned_again_stays_as_it_is() -> None:
    for payload in payloads():
        written = article_html(payload)
        assert article_html(written) == written, payload
