"""What is remembered of pages is what was made, and bounded."""

from hypothesis import given
from hypothesis import strategies as st

from cms.answering.content_cache import ContentCache


def test_a_piece_is_made_once() -> None:
    cache = ContentCache()
    assert cache.value(("head", 1), lambda: "<h1>One</h1>") == "<h1>One</h1>"
    assert cache.value(("head", 1), lambda: "another") == "<h1>One</h1>"
    assert cache.value(("head", 2), lambda: "another") == "another"


def test_what_is_asked_for_again_and_again_stays_and_the_rest_goes() -> None:
    cache = ContentCache(capacity=100_000)
    cache.value("asked for", lambda: "first")
    for number in range(1_000):
        cache.value(number, lambda: "x" * 500)
        assert cache.value("asked for", lambda: "made again") == "first"
    assert cache.value(0, lambda: "made again") == "made again"


@given(st.lists(st.integers(0, 30), max_size=300))
def test_however_it_is_asked_every_piece_is_that_of_its_key(asked: list[int]) -> None:
    cache = ContentCache(capacity=10_000)
    for key in asked:
        assert cache.value(key, lambda key=key: str(key)) == str(key)  # type: ignore[misc]  # mypy knows no such lambda


@given(st.lists(st.integers(1, 9_000), max_size=200))
def test_no_more_is_kept_than_fits(sizes: list[int]) -> None:
    cache = ContentCache(capacity=50_000)
    for number, size in enumerate(sizes):
        cache.value(number, lambda size=size: "x" * size)  # type: ignore[misc]  # as above
    assert cache.bytes_kept <= 50_000 + 2 * 20_000  # each generation ends with the piece that fills it
