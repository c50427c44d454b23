"""Which requests meet the same kept page, and which encoding they get."""

import re

import pytest

from cms.answering.negotiation import best_encoding, has_already
from cms.pages.addresses import NEVER_KEPT, PAGING, page_key
from tests.house.source import MODULES

PARAMETER = re.compile(
    r"(?:request\.args\.get(?:list)?|_cursor_or_404)\(\"(\w+)\"|\"(?=\w+\" in request\.args)(\w+)"
)


@pytest.mark.parametrize(
    ("path", "query", "key"),
    [
        ("/", "", "/"),
        ("/", "utm_source=x&fbclid=y", "/"),
        ("/", "fbclid=y&page=12.3", "/?page=12.3"),
        ("/articles/tide", "comments=1.2&comments=3.4", "/articles/tide?comments=1.2"),
        ("/articles/tide", "p=7&page=", "/articles/tide"),
        ("/articles/tide", "comment=", None),
        ("/articles/tide", "reply_to=7", None),
        ("/", "p=7", None),
        ("/", "author=3", None),
        ("/search", "q=tide", None),
        ("/", "x=" + "y" * 2_000, None),
        ("/" + "x" * 2_000, "", None),
        ("/", "&" * 50, None),
    ],
)
def test_unknown_parameters_are_no_part_of_a_pages_key(path: str, query: str, key: str | None) -> None:
    assert page_key(path, query) == key


def test_every_parameter_that_a_public_page_reads_is_known_to_the_store() -> None:
    """A parameter that changes a page and is no part of its key would show one reader's page to another."""
    readers = [
        module
        for name, module in MODULES.items()
        if name.startswith(("cms.articles.views", "cms.articles.feeds", "cms.comments.views"))
        or (name.startswith("cms.privacy.views") and "public_page" in module.names())
    ]
    read = {one or other for module in readers for one, other in PARAMETER.findall(module.text)}
    assert {"page", "comments", "reply_to"} <= read
    assert read <= PAGING | NEVER_KEPT


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0.2", "gzip"),
        ("gzip;q=0.2, identity", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity;q=0", ""),
        ("BR;Q=1.0", "br"),
        ("br;q=nonsense, gzip;q=0.001", "gzip"),
        ("br;q=1e9", ""),
        ("deflate", ""),
        (",,;;==", ""),
    ],
)
def test_the_encoding_is_the_one_that_the_client_likes_best(accepted: str, encoding: str) -> None:
    assert best_encoding(accepted) == encoding


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ("", False),
        ('"b"', False),
        ("a", False),
    ],
)
def test_who_names_the_present_etag_has_the_page_already(sent: str, known: bool) -> None:
    assert has_already(sent, '"a"') is known


@pytest.mark.parametrize("known", ['W/"cat-br"', '"cat-br"', '"dog", W/"cat-br"', "*"])
def test_a_weak_tag_is_met_by_its_opaque_part(known: str) -> None:
    assert has_already(known, 'W/"cat-br"')
    assert not has_already('W/"cat-gzip", "cat"', 'W/"cat-br"')
