"""`cms serve` itself: what its own door answers, and what it bears."""

import asyncio
import http.client
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import cms
from cms.config import load_settings
from cms.serving import incoming
from cms.serving.incoming import Incoming, TooMuch, TooSlow
from tests.factories import hire, write_article
from tests.served import Served, served

READERS = 12  # at once; more than a worker has threads
ENOUGH_SECONDS = 0.3  # of processor time: some hundred requests
WORDS = "What I wrote took me half an hour, and here it is."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    instance = tmp_path_factory.mktemp("served")
    shutil.copy(sqlite_template, instance / "broadsheet.db")
    site = cms.open_site(load_settings({}, instance=instance))
    hire(site, "Ben", cms.now_utc())
    write_article(site, "Tide", cms.now_utc())
    site.settings.media_folder.mkdir()
    (site.settings.media_folder / "long.txt").write_bytes(b"0123456789" * 100_000)
    site.database.close()
    with served(instance) as running:
        running.settle(2)
        yield running


def comment_body(server: Served, **fields: str) -> bytes:
    form = server.ask("GET", "/articles/tide").text.decode()  # type: ignore[attr-defined]
    token = re.search(r'name="token"[^>]*value="([^"]+)"', form)
    assert token
    filled = {"token": token[1], "name": "Dan", "email": "dan@example.org", "comment": WORDS, **fields}
    return urlencode(filled).encode()


FORM = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}
TO_TIDE = "/articles/tide/comments"


def test_a_page_is_the_same_whether_it_is_made_or_kept(server: Served) -> None:
    answers = [server.ask("GET", "/articles/tide", Accept_Encoding="br") for _ in range(6)]
    assert {answer.status for answer in answers} == {200}
    assert len({(answer.text, answer.headers["ETag"]) for answer in answers}) == 1  # type: ignore[attr-defined]
    etag = answers[0].headers["ETag"]
    again = server.ask("GET", "/articles/tide", Accept_Encoding="br", If_None_Match=etag)
    assert (again.status, again.text) == (304, b"")  # type: ignore[attr-defined]
    head = server.ask("HEAD", "/articles/tide", Accept_Encoding="br")
    assert head.headers["Content-Length"] == answers[0].headers["Content-Length"]
    assert server.ask("GET", "/nowhere").status == 404


def test_a_comment_is_taken_and_a_long_file_is_sent_whole(server: Served) -> None:
    sent = server.ask("POST", TO_TIDE, comment_body(server), **FORM)
    assert sent.status == 303
    assert server.ask("GET", sent.headers["Location"]).status == 200
    file = server.ask("GET", "/media/long.txt")
    assert len(file.text) == 1_000_000  # type: ignore[attr-defined]
    part = server.ask("GET", "/media/long.txt", Range="bytes=10-19")
    assert (part.status, part.text) == (206, b"0123456789")  # type: ignore[attr-defined]


def test_a_body_that_is_too_long_or_cut_comes_back_in_an_editable_form(server: Served) -> None:
    long = server.ask("POST", TO_TIDE, comment_body(server, website="x" * 400_000), **FORM)
    assert long.status == 413
    assert WORDS.encode() in long.text  # type: ignore[attr-defined]
    body = comment_body(server)
    with server.connection() as cut:
        head = f"POST {TO_TIDE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        cut.sendall(f"{head}Content-Length: {len(body) + 50}\r\n\r\n".encode() + body)
        cut.shutdown(1)
        assert b" 400 " in cut.recv(100)


@pytest.mark.parametrize(
    "lies",
    [
        "Content-Length: 5\r\nContent-Length: 50\r\n",
        "Content-Length: five\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: nonsense\r\n",
        "X: " + "x" * 200_000 + "\r\n",
        "Bad Header\r\n",
    ],
)
def test_a_request_that_lies_gets_a_clean_refusal(server: Served, lies: str) -> None:
    with server.connection() as liar:
        answer = b""
        with suppress(OSError):  # it may hang up on a liar at any point
            liar.sendall(f"POST {TO_TIDE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lies}\r\n".encode())
            answer = liar.recv(200) if "chunked" not in lies else b""
            liar.sendall(b"zz\r\nnot a chunk")
            liar.shutdown(1)
            answer = answer or liar.recv(200)
    assert not answer or answer.split()[1][:1] == b"4"
    assert server.ask("GET", "/").status == 200


def test_slow_and_silent_clients_take_nothing_from_the_others(server: Served) -> None:
    held = [server.connection() for _ in range(120)]
    try:
        for number, slow in enumerate(held):
            slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"POST " + TO_TIDE.encode())
            if number % 3 == 0:
                slow.sendall(b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nname=")
        began = time.monotonic()
        for _ in range(20):
            assert server.ask("GET", "/articles/tide").status == 200
        assert server.ask("POST", TO_TIDE, comment_body(server, comment="Another one."), **FORM).status == 303
        assert time.monotonic() - began < 10
    finally:
        for slow in held:
            slow.close()


def test_the_parent_process_imports_nothing_of_the_site_and_its_workers_share_what_they_import(
    server: Served,
) -> None:
    names = "pydantic_core", "sqlalchemy", "cryptography", "_granian"
    loaded = {pid: Path(f"/proc/{pid}/maps").read_text() for pid in (server.process.pid, *server.workers())}
    parent = loaded.pop(server.process.pid)
    assert not [name for name in names if name in parent]
    arguments = Path(f"/proc/{server.process.pid}/cmdline").read_bytes().split(b"\0")
    assert b"cms.serving" in arguments  # rather than the command, which has imported much
    assert all(name in maps for maps in loaded.values() for name in names)
    for pid in loaded:
        rollup = dict(re.findall(r"(\w+): +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text()))
        assert int(rollup["Shared_Dirty"]) > 20_000


def test_readers_who_came_all_at_once_are_shared_among_the_workers(server: Served) -> None:
    all_are_there, evened = threading.Barrier(READERS + 1, timeout=30), threading.Event()
    late = server.workers()[-1]

    def read_on() -> set[int]:
        connection, seen = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30), set[int]()
        while not evened.is_set():
            connection.request("GET", "/search?q=tide")  # never kept, so each is made
            answer = connection.getresponse()
            answer.read()
            if not seen:
                all_are_there.wait()
            seen.add(answer.status)
        connection.close()
        return seen

    with (
        _stopped(late, server),
        ThreadPoolExecutor(READERS) as people,
    ):  # so that all have come to another one
        reading = [people.submit(read_on) for _ in range(READERS)]
        all_are_there.wait()
        os.kill(late, signal.SIGCONT)
        until, enough = time.monotonic() + 30, _worked_seconds(late) + ENOUGH_SECONDS
        while _worked_seconds(late) < enough and time.monotonic() < until:
            time.sleep(0.05)
        evened.set()
    assert _worked_seconds(late) >= enough
    assert set.union(*(one.result() for one in reading)) <= {200, 429}


@contextmanager
def _stopped(worker: int, server: Served) -> Iterator[None]:
    """Stop a worker, at a moment at which it has nothing in hand that the others would wait for."""
    try:
        while True:
            os.kill(worker, signal.SIGSTOP)
            try:
                server.ask("GET", "/search?q=tide", timeout=2)
                break
            except TimeoutError:
                os.kill(worker, signal.SIGCONT)
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def _worked_seconds(pid: int) -> float:
    """Return how much processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_killed_worker_is_replaced_and_the_others_go_on(server: Served) -> None:
    before = server.workers()
    os.kill(before[0], signal.SIGKILL)
    for _ in range(20):
        assert server.ask("GET", "/articles/tide").status == 200
    until = time.monotonic() + 30
    while len(set(server.workers()) - {before[0]}) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(server.workers()) == 2


def test_a_reload_replaces_every_worker_and_fails_no_request(server: Served) -> None:
    before, failed = set(server.workers()), list[object]()
    server.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 60
    while before & set(server.workers()) and time.monotonic() < until:
        answer = server.ask("GET", "/articles/tide")
        failed += [] if answer.status == 200 else [answer.status]
    assert not failed
    assert len(set(server.workers()) - before) == 2
    assert time.monotonic() < until - 30, "no worker had to be killed"


def test_what_is_under_way_is_finished_before_the_server_ends(server: Served, sqlite_template: Path) -> None:
    """Last, since it ends the server."""
    body = comment_body(server, comment="The last one.")
    head = f"POST {TO_TIDE} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nSec-Fetch-Site: same-origin\r\n"
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    with server.connection() as phone:
        phone.sendall(head.encode() + body[:-20])
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        phone.sendall(body[-20:])
        assert b" 303 " in phone.recv(200)
    assert server.process.wait(20) == 0, server.log.read_text()


async def _pieces(*pieces: bytes, seconds: float = 0.0) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(seconds)
        yield piece


async def _announced(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise AssertionError("somebody waits for more")


def _run(work: Coroutine[Any, Any, tuple[bytes, int]]) -> tuple[bytes, int]:
    """Run a coroutine in a thread of its own: a browser's driver may have a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_a_body_is_kept_up_to_its_limit_and_counted_beyond_it() -> None:
    bodies = Incoming()
    whole = _run(bodies.whole(_pieces(b"123", b"456", b"789"), 4))
    assert whole == (b"12345", 9)
    assert bodies.held == 0


def test_a_body_is_waited_for_no_longer_than_it_was_announced() -> None:
    assert _run(Incoming().whole(_announced(b"123", b"456"), 9, 6)) == (b"123456", 6)
    assert _run(Incoming().whole(_announced(), 9, 0)) == (b"", 0)


def test_a_slow_body_is_borne_as_long_as_it_keeps_the_least_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(incoming, "LEAST_BYTES_A_SECOND", 50)
    steady = _run(Incoming().whole(_pieces(*[b"0123456789"] * 5, seconds=0.03), 1_000))
    assert steady == (b"0123456789" * 5, 50)
    bodies = Incoming()
    with pytest.raises(TooSlow):
        _run(bodies.whole(_pieces(*[b"0"] * 50, seconds=0.03), 1_000))
    assert bodies.held == 0


def test_unfinished_bodies_together_take_no_more_than_their_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "HELD_BYTES", 8)
    with pytest.raises(TooMuch):
        _run(Incoming().whole(_pieces(b"12345", b"6789"), 1_000))
