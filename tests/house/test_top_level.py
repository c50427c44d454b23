"""What lies in the repository: fixed names at the top, no address of a shop, nothing of one machine."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOT

FIXED = {"pyproject.toml", "README.md", "cms", "templates", "static", "tests", "instance"}
# Written in halves, or this file would be the first to be found.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.",
    "js" + "delivr",
    "un" + "pkg",
    "cdn" + "js",
    "google" + "apis",
]
MACHINE = re.compile("/" + r"(?:work|home/\w+|root|Users)/\w")
TEXTS = {".py", ".md", ".toml", ".html", ".xml", ".css", ".js", ".po", ".txt", ".svg", ".mako", ""}


@pytest.fixture(scope="module")
def kept() -> list[Path]:
    """Give every file that git keeps; skip where this is no checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_names_at_the_top_are_fixed(kept: list[Path]) -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in kept}
    assert {name for name in tops if not name.startswith(".")} == FIXED


def test_git_keeps_nothing_of_a_sites_own(kept: list[Path]) -> None:
    assert [path.name for path in kept if path.is_relative_to(ROOT / "instance")] == ["README.md"]
    assert not [path.name for path in kept if path.suffix in {".db", ".key", ".mo", ".pyc", ".whl"}]


def test_no_file_names_a_registry_or_a_place_on_one_machine(kept: list[Path]) -> None:
    wrong = []
    for path in kept:
        if path.suffix in TEXTS:
            text = path.read_text("utf-8")
            wrong += [(path.name, name) for name in REGISTRIES if name in text]
            wrong += [(path.name, found[0]) for found in MACHINE.finditer(text)]
    assert not wrong


def test_every_pin_has_its_hashes() -> None:
    pins = (ROOT / ".ci" / "constraints.txt").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", pins.strip())
    assert len(entries) > 40
    assert not [entry.splitlines()[0] for entry in entries if not re.match(r"[a-z0-9._-]+==\S+", entry)]
    assert not [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry]
