"""The command that imports, as a person or a script meets it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cms.exchange.commands.wordpress import import_group
from tests.exchange.conftest import comment, export, post


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("CMS_DATABASE_URL", raising=False)
    return Run(tmp_path)


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
