"""The commands that look after keys."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cms.cli import main


@pytest.fixture(autouse=True)
def _instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path))
    monkeypatch.delenv("CMS_DATABASE_URL", raising=False)


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def _keys(instance: Path) -> list[Path]:
    return sorted((instance / "keys").glob("*.key"))


def test_a_site_that_has_its_key_gets_no_other(tmp_path: Path) -> None:
    answer = _run("privacy", "new-key", "--yes")
    assert (answer.exit_code, answer.stderr) == (1, "The site has its key. Nothing was changed.\n")
    assert len(_keys(tmp_path)) == 1


def test_a_lost_key_is_replaced_only_on_request(tmp_path: Path) -> None:
    _run("doctor")
    _run("privacy", "new-key")
    (lost,) = _keys(tmp_path)
    lost.unlink()
    assert _run("privacy", "new-key").exit_code == 1
    assert not _keys(tmp_path)
    assert _run("privacy", "new-key", "--yes").exit_code == 0
    assert len(_keys(tmp_path)) == 1
    assert _run("doctor").exit_code == 0


def test_a_key_that_others_may_read_is_refused_in_one_line(tmp_path: Path) -> None:
    _run("privacy", "new-key")
    (key,) = _keys(tmp_path)
    key.chmod(0o644)
    answer = _run("privacy", "new-key", "--yes")
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"The key {key.name} can be read by others. Run: chmod 600")
