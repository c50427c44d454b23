"""What a visitor gets from the front when as many wait for a thread as may."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from cms import front
from cms.serving import outgoing
from cms.site import Site
from tests.conftest import ON_SQLITE, Clock
from tests.factories import write_article

WORDS = "What I wrote took me half an hour, and here it is."


class Protocol:
    """Granian's side of a request: gives its body in pieces, takes the answer."""

    def __init__(self, body: bytes) -> None:
        self.pieces = [body[:20], body[20:]]
        self.status, self.headers, self.body = 0, dict[str, str](), b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, dict(headers), body

    def response_str(self, status: int, headers: list[tuple[str, str]], text: str) -> None:
        self.response_bytes(status, headers, text.encode())


def answer(site: Site, method: str, path: str, body: bytes = b"") -> Protocol:
    """Return what the front of `site` answers to one request; it is begun and ended for it."""
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(len(body)),
        "sec-fetch-site": "same-origin",
        "host": "127.0.0.1:8000",
    }
    asked = SimpleNamespace(
        http_version="1.1",
        scheme="http",
        server="127.0.0.1:8000",
        client="127.0.0.1:9",
        method=method,
        path=path,
        query_string="",
        authority=None,
        headers=headers,
    )
    protocol, door = Protocol(body), front.Front()

    async def ask() -> None:
        loop: Any = SimpleNamespace(add_signal_handler=lambda *_: None)  # a signal is for a main thread
        used = ("create_future", "run_in_executor", "call_soon_threadsafe")
        loop.__dict__.update({name: getattr(asyncio.get_running_loop(), name) for name in used})
        door.__rsgi_init__(loop)
        try:
            await door.__rsgi__(asked, protocol)
        finally:
            door.__rsgi_del__(loop)

    door.prepare(site)
    with ThreadPoolExecutor(1) as pool:  # a browser's driver may have a loop running in this thread
        pool.submit(asyncio.run, ask()).result()
    return protocol


@ON_SQLITE
def test_whoever_writes_while_all_threads_are_taken_gets_503_with_the_words_kept(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_article(site, "Tide", clock())
    monkeypatch.setattr(front, "COMMENTS_WAITING_MAX", 0)
    body = urlencode({"name": "Dan", "email": "dan@example.org", "comment": WORDS}).encode()
    full = answer(site, "POST", "/articles/tide/comments", body)
    assert (full.status, full.headers["Retry-After"]) == (503, str(outgoing.RETRY_SECONDS))
    assert WORDS in full.body.decode()


@ON_SQLITE
def test_whoever_comes_while_even_refusals_wait_hears_it_in_one_sentence(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "WAITING_MAX", -front.THREADS)
    monkeypatch.setattr(front, "REFUSING_MAX", -1)
    full = answer(site, "GET", "/")
    assert (full.status, full.headers["Retry-After"]) == (503, outgoing.RETRY_SECONDS)
    assert full.body.decode().startswith("Too many are here just now.")
