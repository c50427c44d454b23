"""A finished page in its encodings."""

import gzip

import brotli
import pytest

from cms.answering.finished import FinishedPage

READ = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("encoding", READ)
def test_a_page_in_any_encoding_says_what_it_says(encoding: str, is_kept: bool) -> None:
    for text in ("tide", "tram", "tide"):
        body = f"<p>{text}</p>".encode() * 500
        page = FinishedPage(body, "text/html", [], frozenset(), is_kept=is_kept)
        assert READ[encoding](page.variant(encoding).body) == body
