"""Where the commands say that a site is."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from cms.cli import address_at, host_and_port, main, open_site_or_exit, refuse_taken_port
from cms.sense import origin_of


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


def test_a_slip_in_a_variables_name_is_said_once_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CMS_BASEURL", "https://news.example.org")
    done = CliRunner().invoke(main, ["migrate"])
    assert done.exit_code == 0
    assert done.stderr == "CMS_BASEURL is no setting and changes nothing. Is it CMS_BASE_URL?\n"
