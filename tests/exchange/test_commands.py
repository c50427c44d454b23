"""The command that imports, as a person or a script meets it."""

import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cms.exchange.actions import work_pool
from cms.exchange.commands.wordpress import import_group
from cms.storage import embedded
from tests.exchange.conftest import comment, export, post


@pytest.fixture
def run(instance: Path) -> "Run":
    return Run(instance)


class Run:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, text: str | bytes, *options: str) -> Result:
        path = self.folder / "export.xml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return CliRunner().invoke(import_group, ["wxr", str(path), *options])


def test_the_report_is_one_json_object_and_nothing_else(run: Run) -> None:
    result = run(export(post(1, comment(1))), "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert list(said)[:10] == [
        "articles", "pages", "authors", "sections", "tags", "comments", "mentions", "unchanged", "updated", "conflicts",
    ]  # fmt: skip
    assert said["articles"] == {"published": 1, "scheduled": 0, "draft": 0}
    assert said["comments"] == {"approved": 1, "held": 0, "spam": 0, "rejected": 0}


def test_a_person_gets_a_line_for_each_kind(run: Run) -> None:
    result = run(export(post(1, content_encoded="[box]")), "--dry-run")
    assert result.exit_code == 0
    assert "dry run" in result.stdout
    assert "1 published, 0 scheduled, 0 draft (articles)" in result.stdout
    assert "[box]" in result.stdout


@pytest.mark.parametrize(
    "foreign", [b"", b"<html></html>", b"{}", b"<!DOCTYPE x><rss/>", b"<rss><channel/></rss>", export(post(1)).encode()[:900]]
)  # fmt: skip
def test_a_refusal_is_one_line_and_status_1(run: Run, foreign: bytes) -> None:
    result = run(foreign, "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_a_file_that_is_not_there_is_a_mistake_of_usage(run: Run) -> None:
    assert CliRunner().invoke(import_group, ["wxr", str(run.folder / "none.xml")]).exit_code == 2
    assert run(export(post(1)), "--media", "/does/not/exist").exit_code == 2


def test_a_database_that_is_locked_is_one_line_and_the_next_run_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(export(post(1)))
    monkeypatch.setattr(embedded, "PATIENCE_SECONDS", 0.1)
    with sqlite3.connect(run.folder / "broadsheet.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run(export(post(1), post(2)), "--json")
        other.execute("ROLLBACK")
    other.close()
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.strip().splitlines()) == 1
    assert "database is locked" in result.stderr
    assert json.loads(run(export(post(1), post(2)), "--json").stdout)["articles"]["published"] == 1


def test_a_cleaning_process_that_dies_is_one_line_and_the_next_run_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(export(post(1)))
    monkeypatch.setattr(work_pool, "WORTH_IT", 0)
    ended = threading.Event()

    def end_them() -> None:
        while not ended.is_set():
            for process in multiprocessing.active_children():
                process.kill()
            time.sleep(0.01)

    thread = threading.Thread(target=end_them)
    thread.start()
    try:
        result = run(export(post(1), post(2)), "--json")
    finally:
        ended.set()
        thread.join()
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.strip().splitlines()) == 1
    assert json.loads(run(export(post(1), post(2)), "--json").stdout)["articles"]["published"] == 1


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core cleans in the same process")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells of children")
def test_ctrl_c_ends_it_in_one_line(run: Run) -> None:
    path = run.folder / "export.xml"
    items = (post(n, *(comment(n * 100 + one) for one in range(50))) for n in range(1, 200))
    path.write_text(export(*items))
    command = [sys.executable, "-m", "cms.cli", "import", "wxr", str(path)]
    # Whatever a shell has put in the background is deaf to Ctrl-C, and so are its children.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    signal.signal(signal.SIGINT, ours)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 60
    # One child keeps account of shared things, the others clean; as from a terminal, the signal reaches all.
    while len(children.read_text().split()) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert len(said.strip().splitlines()) == 1
    assert json.loads(run(export(post(1)), "--json").stdout)["damage"] is None
