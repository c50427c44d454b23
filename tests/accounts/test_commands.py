"""The commands about staff."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cms
from cms.accounts import actions
from cms.cli import main
from cms.config import load_settings
from tests.postgresql import POSTGRESQL

ADD = ["staff", "add", "--name", "Ada", "--email", "ada@example.org", "--role", "author", "--password-stdin"]
PASSWORD = "a long enough password"


@pytest.fixture
def run(instance: Path) -> "Run":
    """Give the `cms` command in an instance of its own."""
    return Run()


class Run:
    """Runs `cms` with something on standard input."""

    def __call__(self, *words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, list(words), input=stdin)


def test_who_is_added_can_sign_in(run: Run, tmp_path: Path) -> None:
    assert run(*ADD, stdin=f"{PASSWORD}\n").exit_code == 0
    assert isinstance(_tries(tmp_path, PASSWORD), actions.SignedInNow)


def test_the_list_names_no_address(run: Run) -> None:
    run(*ADD, stdin=PASSWORD)
    listed = run("staff", "list", "--json")
    assert json.loads(listed.stdout) == {
        "staff": [{"id": 1, "name": "Ada", "role": "author", "disabled": False}]
    }
    assert "Ada" in run("staff", "list").stdout
    assert "@" not in run("staff", "list").stdout


@pytest.mark.parametrize("who", [["--id", "1"], ["--email-stdin"]])
def test_who_is_disabled_is_listed_as_such(run: Run, who: list[str]) -> None:
    run(*ADD, stdin=PASSWORD)
    assert run("staff", "disable", *who, stdin="Ada@example.org\n").exit_code == 0
    assert json.loads(run("staff", "list", "--json").stdout)["staff"][0]["disabled"] is True


@pytest.mark.parametrize("who", [["--id", "1"], ["--email-stdin"]])
def test_who_comes_back_signs_in_with_the_password_that_she_had(
    run: Run, tmp_path: Path, who: list[str]
) -> None:
    run(*ADD, stdin=PASSWORD)
    run("staff", "disable", "--id", "1")
    assert isinstance(_tries(tmp_path, PASSWORD), actions.WrongCredentials)
    assert run("staff", "enable", *who, stdin="Ada@example.org\n").exit_code == 0
    assert json.loads(run("staff", "list", "--json").stdout)["staff"][0]["disabled"] is False
    assert isinstance(_tries(tmp_path, PASSWORD), actions.SignedInNow)


def test_a_new_password_counts(run: Run, tmp_path: Path) -> None:
    run(*ADD, stdin=PASSWORD)
    assert (
        run("staff", "password", "--id", "1", "--password-stdin", stdin="quite another phrase\n").exit_code
        == 0
    )
    assert isinstance(_tries(tmp_path, PASSWORD), actions.WrongCredentials)
    assert isinstance(_tries(tmp_path, "quite another phrase"), actions.SignedInNow)


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (ADD, "short\n"),
        ([*ADD[:5], "no address", *ADD[6:]], PASSWORD),
        (["staff", "disable", "--id", "9"], ""),
        (["staff", "disable", "--email-stdin"], "nobody@example.org"),
        (["staff", "enable", "--id", "9"], ""),
        (["staff", "password", "--id", "9", "--password-stdin"], PASSWORD),
        (["staff", "role", "--id", "9", "--role", "editor"], ""),
    ],
)
def test_a_refusal_is_one_line_and_status_1(run: Run, words: list[str], stdin: str) -> None:
    refused = run(*words, stdin=stdin)
    assert refused.exit_code == 1
    assert len(refused.stderr.splitlines()) == 1
    assert refused.stdout == ""


def test_who_gets_another_role_has_it_from_then_on(run: Run) -> None:
    run(*ADD, stdin=PASSWORD)
    assert run("staff", "role", "--id", "1", "--role", "contributor").exit_code == 0
    assert "contributor" in run("staff", "list").stdout
    assert run("staff", "role", "--id", "1", "--role", "boss").exit_code == 2


def test_the_same_address_twice_is_refused(run: Run) -> None:
    run(*ADD, stdin=PASSWORD)
    assert run(*ADD, stdin=PASSWORD).exit_code == 1


@pytest.mark.parametrize("command", ["disable", "enable"])
@pytest.mark.parametrize("words", [["--id", "1", "--email-stdin"], []])
def test_nobody_and_two_are_a_slip_of_usage(run: Run, command: str, words: list[str]) -> None:
    assert run("staff", command, *words).exit_code == 2


def test_a_wrong_setting_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMS_PAGE_SIZE", "many")
    refused = run("staff", "list")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert "page_size" in refused.stderr


def test_a_database_that_does_not_answer_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    refused = run("staff", "list")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)


def test_a_database_without_tables_asks_for_a_migration(
    run: Run, monkeypatch: pytest.MonkeyPatch, postgresql_database: str
) -> None:
    monkeypatch.setenv("CMS_DATABASE_URL", POSTGRESQL)
    refused = run("staff", "list")
    assert refused.exit_code == 1
    assert "cms migrate" in refused.stderr


def _tries(instance: Path, password: str) -> object:
    site = cms.open_site(load_settings({}, instance=instance))
    outcome = actions.sign_in(site, "ada@example.org", password, "", cms.now_utc())
    site.database.close()
    return outcome
