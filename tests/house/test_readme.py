"""What README says is so: its settings, its commands, its first lines."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click

from cms.cli import main
from cms.config import knobs
from tests.house.source import LAYERS, ROOT

README = (ROOT / "README.md").read_text("utf-8")
FENCES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
]
SETTINGS = re.findall(r"^\| `(\w+)` \| `(CMS_\w+)` \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
IN_TABLES = re.findall(r"^\| `(cms [^`]+)` \|", README, re.MULTILINE)


def test_every_setting_is_in_the_table_with_its_default_and_its_reason() -> None:
    told = {name: (variable, default.strip("`"), why) for name, variable, default, why in SETTINGS}
    real = {
        knob.name: (f"CMS_{knob.name.upper()}", _shown(knob.default), knob.metadata["why"])
        for knob in knobs()
    }
    assert told == real


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    return str(default) or "empty"


def test_every_variable_that_readme_names_is_a_setting_or_for_tests() -> None:
    named = set(re.findall(r"\bCMS_[A-Z_]+\b", README))
    assert named <= {f"CMS_{knob.name.upper()}" for knob in knobs()} | {
        "CMS_TEST_POSTGRESQL",
        "CMS_TEST_CHROMIUM",
    }


def test_the_first_command_serves_the_demonstration_and_the_second_runs_the_tests() -> None:
    assert FENCES[0].startswith("python3 -m venv .venv && ")
    assert FENCES[0].endswith(".venv/bin/cms demo")
    assert "pip install" in FENCES[1]
    assert "-m pytest" in FENCES[1]


def test_every_command_that_readme_names_is_there_with_its_options() -> None:
    lines = [line.rpartition("| ")[2].removeprefix(".venv/bin/") for line in FENCES if "cms " in line]
    named = [command.removeprefix("cms ") for command in (*IN_TABLES, *lines) if command.startswith("cms ")]
    assert len(named) > 8
    for command in named:
        for words in _alternatives(command):
            _look_up(words)


def _alternatives(command: str) -> list[list[str]]:
    """Return the words of a command, once for each of `add\\|list`."""
    words = shlex.split(re.sub(r"[\[\]]", "", command.replace("\\|", "|")))
    choices = next((word for word in words if re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", word)), words[0])
    return [[choice if word == choices else word for word in words] for choice in choices.split("|")]


def _look_up(words: list[str]) -> None:
    command: click.Command = main
    with click.Context(main) as context:
        while isinstance(command, click.Group) and words:
            found = command.get_command(context, words.pop(0))
            assert found, f"no command of that name under {command.name}"
            command = found
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, command.name


def test_the_commands_for_ones_own_site_do_what_they_say(tmp_path: Path) -> None:
    adding = next(line for line in FENCES if "staff add" in line)
    done = _run(adding.replace(".venv/bin/cms", f"{sys.executable} -m cms.cli"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "instance" / "broadsheet.db").exists()
    assert list((tmp_path / "instance" / "keys").glob("*.key"))
    looked = _run(f"{sys.executable} -m cms.cli doctor", tmp_path)
    assert looked.returncode == 0, looked.stdout + looked.stderr


def test_the_configuration_that_readme_shows_is_understood(tmp_path: Path) -> None:
    shown = re.search(r"^```toml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert shown
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "config.toml").write_text(shown[1], "utf-8")
    done = _run(f"{sys.executable} -m cms.cli migrate", tmp_path)
    assert done.returncode == 0, done.stderr


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}
    environ["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )


def test_readme_tells_the_import_rule_as_the_tests_hold_it() -> None:
    rule = " < ".join(", ".join(names) for names in LAYERS)
    assert f"    {rule}\n" in README
