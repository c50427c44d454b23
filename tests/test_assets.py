"""Static files under addresses that change with their content."""

from pathlib import Path

import pytest

from cms.assets import SHEETS, open_assets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of static files: two scripts, the second of which needs the first, beside empty sheets."""
    (tmp_path / "css").mkdir()
    for layer in {layer for layers in SHEETS.values() for layer in layers}:
        (tmp_path / f"css/{layer}.css").write_text("")
    (tmp_path / "js/desk").mkdir(parents=True)
    (tmp_path / "js/desk/all.js").write_text("export const all = 1;\n")
    (tmp_path / "js/desk/some.js").write_text('// Some.\nimport { all } from "./all.js";\n\nalert(all);\n')
    return tmp_path


def test_a_script_names_another_by_its_fingerprint(folder: Path) -> None:
    assets = open_assets(folder)
    address = assets.address("js/desk/all.js")
    assert (
        assets.files["js/desk/some.js"].body.decode().splitlines()[1] == f'import {{ all }} from "{address}";'
    )
    assert assets.at(address.removeprefix("/static/")) == (assets.files["js/desk/all.js"], True)


def test_a_script_names_one_of_the_folder_above_by_its_fingerprint(folder: Path) -> None:
    (folder / "js/none.js").write_text("export const none = 0;\n")
    (folder / "js/desk/few.js").write_text('import { none } from "../none.js";\n')
    assets = open_assets(folder)
    assert (
        assets.files["js/desk/few.js"].body.decode()
        == f'import {{ none }} from "{assets.address("js/none.js")}";\n'
    )


def test_a_script_gets_a_new_address_when_one_that_it_imports_changes(folder: Path) -> None:
    before = open_assets(folder)
    (folder / "js/desk/all.js").write_text("export const all = 2;\n")
    after = open_assets(folder)
    for name in ("js/desk/all.js", "js/desk/some.js"):
        assert before.address(name) != after.address(name)
