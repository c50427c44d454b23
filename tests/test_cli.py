"""Where the commands say that a site is."""

import re
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from cms import open_site
from cms.cli import address_at, host_and_port, main, open_site_or_exit, refuse_taken_port
from cms.config import Settings
from cms.sense import origin_of
from cms.storage import embedded
from tests.served import served


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("paper.example:80", "http://paper.example:80"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("[::]:8000", "http://127.0.0.1:8000"),
    ],
)
def test_what_is_served_has_an_address_that_a_browser_can_open(bind: str, address: str) -> None:
    assert address_at(*host_and_port(bind)) == address
    assert origin_of(address)


def test_a_port_on_which_somebody_listens_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as refused:
            refuse_taken_port("127.0.0.1", port)
    assert refused.value.code == 1
    assert capsys.readouterr().err == f"127.0.0.1:{port} cannot be served: Address already in use.\n"


def test_a_port_that_is_free_is_not_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    refuse_taken_port("127.0.0.1", port)


def test_an_instance_folder_that_cannot_be_made_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path / "file" / "site"))
    with pytest.raises(SystemExit) as refused:
        open_site_or_exit()
    assert refused.value.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("command", [["doctor"], ["demo", "--bind", "127.0.0.1:1"]])
def test_what_no_command_can_use_is_refused_in_one_line(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path / "file"))
    monkeypatch.setattr("cms.exchange.commands.demo.refuse_taken_port", lambda host, port: None)
    answer = CliRunner().invoke(main, command)
    assert answer.exit_code == 1
    assert answer.stderr.startswith(str(tmp_path / "file"))
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("database", "url", "line"),
    [
        (
            b"no database",
            "",
            "The database cannot be used: file is not a database. Put a backup in its place: `cms restore FILE --over`.",
        ),
        (
            b"",
            "postgresql://nobody@127.0.0.1:1/nothing",
            r"The database cannot be used: .*refused.*\. See that PostgreSQL runs and that database_url is right.",
        ),
    ],
)
def test_a_database_that_does_not_work_is_told_of_with_what_to_do(
    database: bytes, url: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broadsheet.db").write_bytes(database)
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CMS_DATABASE_URL", url)
    answer = CliRunner().invoke(main, ["migrate"])
    assert answer.exit_code == 1
    assert re.fullmatch(line, answer.stderr.rstrip("\n"))


def test_a_database_that_another_program_holds_is_told_of_with_what_to_do(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sqlite_template, tmp_path / "broadsheet.db")
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path))
    monkeypatch.setattr(embedded, "PATIENCE_SECONDS", 0.1)
    with closing(sqlite3.connect(tmp_path / "broadsheet.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = CliRunner().invoke(main, ["comments", "recount"])
    assert answer.exit_code == 1
    assert answer.stderr == (
        "The database cannot be used: database is locked."
        " Another program is writing to it: wait for that one or end it, then try again.\n"
    )


def test_who_serves_a_site_without_its_key_is_told_at_start(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "broadsheet.db")
    open_site(Settings(instance=tmp_path)).database.close()
    shutil.rmtree(tmp_path / "keys")
    with served(tmp_path, workers=1) as site:
        assert "The site's key is missing: it can be read, and nothing sent." in site.log.read_text("utf-8")


def test_a_slip_in_a_variables_name_is_said_once_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CMS_BASEURL", "https://news.example.org")
    done = CliRunner().invoke(main, ["migrate"])
    assert done.exit_code == 0
    assert done.stderr == "CMS_BASEURL is no setting and changes nothing. Is it CMS_BASE_URL?\n"
