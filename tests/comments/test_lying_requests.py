"""Requests that lie, sent byte by byte to a served site: each gets a clean refusal, and no worker is the worse for it."""

import resource
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from cms.site import Site
from tests.benchmarks.kills import Served, send, token_of
from tests.comments.stored import stored
from tests.conftest import ON_SQLITE, START
from tests.factories import write_article

CAT = "/articles/cat"
HEAD = (
    f"POST {CAT}/comments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
)
DAN = {"name": "Dan", "email": "dan@example.org"}
pytestmark = ON_SQLITE


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    """Give a served site with one article."""
    write_article(site, "Cat", START)
    server = Served(site.settings)
    server.start()
    server.settle()
    yield server
    server.stop()


def answer_to(served: Served, request: bytes, *, cut: bool) -> tuple[int, bytes]:
    """Send bytes, and no more where `cut`; return the status, 0 where the connection was closed, and all that came."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        came = b""
        try:
            connection.sendall(request)
            if cut:
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5)
            while b"</html>" not in came and (piece := connection.recv(65_536)):
                came += piece
                if came.startswith(b"HTTP/1.1 100"):
                    came = came.partition(b"\r\n\r\n")[2]
                if came[9:12] in {b"303", b"431"} or b"content-length: 0" in came.lower():
                    break
        except (ConnectionError, TimeoutError):
            pass  # refused while it was still sending
        return int(came[9:12] or 0), came


def requests(body: bytes) -> dict[str, tuple[bytes, set[int]]]:
    """Return each lie with the statuses that are right; one that ends in "cut" breaks off."""
    size = len(body)

    def with_head(lines: str, sent: bytes = body) -> bytes:
        return f"{HEAD}{lines}\r\n".encode() + sent

    chunk = f"{size:x}\r\n".encode() + body + b"\r\n"
    chunked = "Transfer-Encoding: chunked\r\n"
    return {
        "a longer length, cut": (with_head(f"Content-Length: {size + 50}\r\n"), {0, 400}),
        "a negative length": (with_head("Content-Length: -3\r\n"), {400}),
        "two lengths": (with_head(f"Content-Length: {size}\r\nContent-Length: 3\r\n"), {400}),
        "a length in words": (with_head("Content-Length: many\r\n"), {400}),
        "chunked": (with_head(chunked, chunk + b"0\r\n\r\n"), {411}),
        "chunked, cut": (with_head(chunked, chunk + b"50\r\nhello"), {0, 400, 411}),
        "chunked wrongly, cut": (with_head(chunked, chunk + b"zz\r\nhello\r\n"), {0, 400, 411}),
        "chunked and a length": (
            with_head(f"{chunked}Content-Length: 3\r\n", chunk + b"0\r\n\r\n"),
            {400, 411},
        ),
        "a coding that nobody knows": (with_head("Transfer-Encoding: klingon\r\n"), {400, 501}),
        "a header of a million": (
            with_head(f"X-A: {'a' * 1_000_000}\r\nContent-Length: {size}\r\n"),
            {0, 431},
        ),
        "five hundred headers": (with_head("X-A: a\r\n" * 500 + f"Content-Length: {size}\r\n"), {431}),
        "ten megabytes": (
            with_head("Content-Length: 10000000\r\n", body + b"x" * (10_000_000 - size)),
            {413},
        ),
        "no request at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, {0, 400}),
    }


def test_a_request_that_lies_is_refused_and_harms_no_worker(served: Served, site: Site) -> None:
    token = token_of(served.page(CAT))
    body = urlencode({**DAN, "token": token, "comment": "A lie."}).encode()
    workers = served.worker_ids()
    wrong = {}
    for name, (request, right) in requests(body).items():
        status, came = answer_to(served, request, cut=name.endswith("cut"))
        if status not in right:
            wrong[name] = came[:300]
    assert wrong == {}
    assert stored(site) == []
    waited = f"{HEAD}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    assert answer_to(served, waited, cut=False)[0] == 303
    assert send(served.port, CAT, {"comment": "The truth.", "token": token})[0] == 303
    assert [comment.body_text for comment in stored(site)] == ["A lie.", "The truth."]
    assert served.worker_ids() == workers


def test_a_file_that_may_not_grow_is_503_and_the_worker_lives_on(served: Served, site: Site) -> None:
    token = token_of(served.page(CAT))
    assert send(served.port, CAT, {"comment": "Before.", "token": token})[0] == 303
    workers = served.worker_ids()
    size = (site.settings.instance / "broadsheet.db-wal").stat().st_size
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for worker in workers:  # whoever writes beyond it is sent SIGXFSZ
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, hard))
    body = urlencode({**DAN, "token": token, "comment": "My very words."}).encode()
    request = f"{HEAD}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    status, came = answer_to(served, request, cut=False)
    assert status == 503
    assert b"My very words." in came
    assert b"retry-after: 30" in came.lower()
    assert served.get(CAT) == 200
    for worker in workers:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (hard, hard))
    assert answer_to(served, request, cut=False)[0] == 303
    assert [comment.body_text for comment in stored(site)] == ["Before.", "My very words."]
    assert served.worker_ids() == workers
