"""The commands that look after keys."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import cms
from cms.cli import main
from cms.config import load_settings
from cms.keys.keyring import KeyState
from cms.keys.sources import make_key
from cms.privacy import writes
from cms.privacy.actions import rotation
from cms.privacy.actions.rotation import Pace
from tests.conftest import START
from tests.factories import write_article

pytestmark = pytest.mark.usefixtures("instance")


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


def test_a_keys_folder_in_which_one_may_not_look_is_not_called_empty(tmp_path: Path) -> None:
    _run("privacy", "new-key")
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    (tmp_path / "keys").touch()
    refused = f"The folder {tmp_path / 'keys'} cannot be read: Not a directory."
    assert f"NO  {refused}\n" in _run("doctor").stdout
    assert _run("privacy", "rotate-key").stderr == f"{refused}\n"


def test_doctor_says_what_to_do_about_a_key_that_is_lost(tmp_path: Path) -> None:
    _run("privacy", "new-key")
    (lost,) = _keys(tmp_path)
    lost.unlink()
    answer = _run("doctor")
    assert answer.exit_code == 1
    assert f"NO  The key {lost.stem} is missing. Restore it from your backup into the folder" in answer.stdout
    assert "`cms privacy new-key`" in answer.stdout


def test_a_database_that_may_only_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    _run("privacy", "new-key")
    cms.open_site(load_settings({}, instance=tmp_path)).database.close()
    with (tmp_path / "broadsheet.db").open("r+b") as file:
        file.seek(
            18
        )  # the file format's write version: SQLite only reads what it does not know (fileformat2, 1.3.3)
        file.write(b"\x03")
    refused = (
        "The database cannot be used: attempt to write a readonly database."
        " Let this user write to it and to its folder.\n"
    )
    answer = _run("doctor")
    assert (answer.exit_code, answer.stdout) == (1, f"NO  {refused}")
    answer = _run("privacy", "rotate-key")
    assert (answer.exit_code, answer.stderr) == (1, refused)


def test_doctor_misses_pictures_that_another_host_has(tmp_path: Path) -> None:
    _run("privacy", "new-key")
    site = cms.open_site(load_settings({}, instance=tmp_path))
    for name in ("here.png", "elsewhere.png"):
        write_article(site, name, START, image_path=name)
    site.database.close()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "here.png").write_bytes(b"a picture")
    answer = _run("doctor")
    assert answer.exit_code == 1
    lacking = f"NO  1 of 2 pictures of the newest articles are not in {tmp_path / 'media'}."
    assert f"{lacking} Bring them back; several hosts have to share that folder." in answer.stdout

    (tmp_path / "media" / "elsewhere.png").write_bytes(b"a picture")
    answer = _run("doctor")
    assert (answer.exit_code, "not in" in answer.stdout) == (0, False)


def test_doctor_says_how_far_a_rotation_is_and_who_has_not_followed(tmp_path: Path) -> None:
    _run("privacy", "new-key")
    site = cms.open_site(load_settings({}, instance=tmp_path))
    old, new = site.vault.current, make_key(site.settings.keys_folder, "20260302")
    values = {"id": "x", "place": "host-2, process 7", "seen_at": cms.now_utc(), "seals_with": old}
    told = []
    for states, holds in (
        ({new: KeyState.JOINING}, old),
        ({old: KeyState.LEAVING, new: KeyState.SEALING}, f"{old} {new}"),
        ({old: KeyState.GONE}, new),
    ):
        with site.database.writing() as session:
            for key_id, state in states.items():
                if key_id == new and state is KeyState.JOINING:
                    writes.remember_key(session, key_id, state, START)
                writes.set_key_state(session, key_id, state)
            writes.note_worker(session, {**values, "holds": holds})
            session.commit()
        answer = _run("doctor")
        assert answer.exit_code == 1
        told.append(answer.stdout)
    site.database.close()
    assert f"The key {new} was made and does not seal yet. Run `cms privacy rotate-key` to go on." in told[0]
    assert f"host-2, process 7 does not have the key {new}." in told[0]
    assert f"The key {old} is being replaced: 0 values are still under it or others." in told[1]
    assert f"host-2, process 7 has not yet taken the key {new}." in told[1]
    assert f"The key {old} is replaced; its file is to go." in told[2]


def test_a_key_is_replaced_by_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "Pace", lambda: Pace(grace=0))
    _run("privacy", "new-key")
    (old,) = _keys(tmp_path)
    kept = old.read_text()
    printed = _run("privacy", "rotate-key", "--print-next")
    assert printed.stdout.splitlines()[1].startswith("comment token ")
    assert old.read_text() == kept
    answer = _run("privacy", "rotate-key")
    assert answer.exit_code == 0, answer.output
    (new,) = _keys(tmp_path)
    assert answer.stdout == (
        f"The key {new.stem} seals from now on; 0 values were sealed anew.\n"
        f"The key {old.stem} opens nothing here any more.\n"
    )
    assert _run("doctor").exit_code == 0


def test_doctor_says_when_the_queue_counts_wrong_and_recount_mends_it(tmp_path: Path) -> None:
    assert "The queue's numbers are those of its comments." in _run("doctor").stdout
    site = cms.open_site(load_settings())
    with site.database.writing() as session:
        session.execute(sa.text("UPDATE comment_count SET approved = 7"))
        session.commit()
    site.database.close()
    answer = _run("doctor")
    assert answer.exit_code == 1
    assert "NO  The queue's numbers are wrong. Run `cms comments recount`." in answer.stdout
    assert _run("comments", "recount").exit_code == 0
    assert _run("doctor").exit_code == 0
