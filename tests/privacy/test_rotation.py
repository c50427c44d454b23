"""A new key takes the old one's place while the site serves, whatever happens in between."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import SQLModel, col, select

import cms
from cms import now_utc
from cms.comments.models import Comment
from cms.config import Settings
from cms.keys.keyring import KeyState
from cms.keys.sources import key_ids, make_key
from cms.limits.actions import network_mark
from cms.privacy import writes
from cms.privacy.actions.rotation import NotConfirmed, Pace, Progress, Rotated, Step, rotate
from cms.privacy.actions.workers import Presence
from cms.privacy.queries.keys import known_keys
from cms.privacy.queries.sealed import SEALED_COLUMNS, count_under_others
from cms.site import Site
from cms.vault import NoKey
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator

AT_ONCE = Pace(look=0.02, grace=0, patience=0.2, at_once=3)
ROOT = Path(cms.__file__).parent.parent


@pytest.fixture
def old(site: Site, clock: Clock) -> str:
    """Give the id of the key of a paper with ten comments, one of staff and a salt."""
    hire(site, "Cleo", clock())
    article = write_article(site, "The last tram", clock())
    for number in range(10):
        send_comment(site, article, clock(), email=f"dan{number}@example.org", text=f"Number {number}.")
    network_mark(site, "192.0.2.1", clock())
    return site.vault.current


def _rotate(
    site: Site, on_progress: Callable[[Progress], None] = lambda _: None, pace: Pace = AT_ONCE
) -> Rotated:
    return rotate(site, now_utc, on_progress, pace)


def _addresses(site: Site) -> list[str]:
    with site.database.reading() as session:
        rows = session.exec(select(Comment.email_sealed, Comment.mark).order_by(col(Comment.id))).all()
    return [site.vault.unseal(sealed or "", table="comment", mark=mark) for sealed, mark in rows]


def _states(site: Site) -> dict[str, KeyState]:
    with site.database.reading() as session:
        return {key.id: key.state for key in known_keys(session)}


@pytest.mark.both_engines
def test_every_value_is_sealed_anew_and_all_else_stays_what_it_was(
    site: Site, app: Flask, old: str, clock: Clock
) -> None:
    cleo = Moderator(app, "Cleo")
    before = (_addresses(site), site.vault.fingerprint("dan1@example.org"), site.vault.digest("receipt", "m"))
    done = _rotate(site)
    assert (done.gone, done.stuck, done.sealed_anew) == ((old,), 0, 12)
    assert key_ids(site.settings.keys_folder) == [done.key_id]
    assert _states(site) == {done.key_id: KeyState.SEALING}
    with site.database.reading() as session:
        assert count_under_others(session, done.key_id) == 0
    after = (_addresses(site), site.vault.fingerprint("dan1@example.org"), site.vault.digest("receipt", "m"))
    assert after == before
    assert network_mark(site, "192.0.2.1", clock()) == network_mark(site, "192.0.2.9", clock())
    assert cleo.get("/moderation/").status_code == 200
    again = cms.open_site(site.settings)
    assert _addresses(again) == before[0]
    again.database.close()
    assert _rotate(site).gone == (done.key_id,)  # a key that carries secrets hands them on
    assert (_addresses(site), site.vault.fingerprint("dan1@example.org")) == before[:2]


@ON_SQLITE
@pytest.mark.parametrize("step", [Step.SEALING, "_switch", "_seal_anew", "_retire", "remove_key"])
def test_a_rotation_that_ended_anywhere_is_finished_by_the_next(
    site: Site, old: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class _Ended(Exception):
        pass

    def _end(*_arguments: object) -> None:
        raise _Ended

    with monkeypatch.context() as patch:
        if step != Step.SEALING:
            patch.setattr(f"cms.privacy.actions.rotation.{step}", _end)
        with pytest.raises(_Ended):
            _rotate(site, _end if step == Step.SEALING else lambda _: None)
    # Other processes serve on with what they have, or look again.
    assert len(_addresses(site)) == 10
    done = _rotate(site)
    assert key_ids(site.settings.keys_folder) == [done.key_id]
    assert _states(site) == {done.key_id: KeyState.SEALING}
    assert len(_addresses(site)) == 10


def test_a_killed_rotation_is_resumed(site: Site, old: str) -> None:
    program = """
import os, signal, cms
from cms.config import load_settings
from cms.privacy.actions.rotation import Pace, Step, rotate
def told(progress):
    if progress.step is Step.SEALING and progress.done >= 6:
        os.kill(os.getpid(), signal.SIGKILL)
rotate(cms.open_site(load_settings()), cms.now_utc, told, Pace(look=0.02, grace=0, at_once=3))
"""
    with _started(site.settings, program) as rotating:
        assert rotating.wait(60) == -signal.SIGKILL
    assert (
        len(_addresses(site)) == 10
    )  # half under each key, and this process has never been told of the new one
    with site.database.reading() as session:
        assert 0 < count_under_others(session, old) < 12
    done = _rotate(site)
    assert done.sealed_anew < 12
    assert key_ids(site.settings.keys_folder) == [done.key_id]
    assert _addresses(site) == [f"dan{number}@example.org" for number in range(10)]


@pytest.mark.both_engines
def test_comments_that_come_in_meanwhile_are_all_kept(site: Site, old: str, tmp_path: Path) -> None:
    program = f"""
import sys, time, pathlib, cms
sys.path.insert(0, {str(ROOT)!r})
from cms.config import load_settings
from cms.privacy.actions import workers
from tests.factories import send_comment
workers.LOOK_SECONDS = 0.05
site = cms.open_site(load_settings())
workers.Presence(site, cms.now_utc).start()
number = 0
while not pathlib.Path({str(tmp_path / "enough")!r}).exists():
    send_comment(site, 1, cms.now_utc(), email=f"eve{{number}}@example.org", text=f"{{number}}")
    number += 1
    time.sleep(0.03)
    if number == 3: pathlib.Path({str(tmp_path / "begun")!r}).touch()
print(number)
"""
    with _started(site.settings, program) as posting:
        _until((tmp_path / "begun").exists)
        done = _rotate(site, pace=Pace(look=0.05, grace=0.5, patience=20, at_once=3))
        (tmp_path / "enough").touch()
        sent = int(posting.communicate(timeout=60)[0])
    assert (done.gone, done.stuck) == ((old,), 0)
    assert key_ids(site.settings.keys_folder) == [done.key_id]
    found = _addresses(site)
    assert len(found) == 10 + sent
    assert set(found[10:]) == {f"eve{number}@example.org" for number in range(sent)}


@pytest.mark.both_engines
def test_nothing_is_sealed_under_a_key_that_a_running_process_does_not_have(
    site: Site, old: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A second host has a copy of the keys folder instead of the folder itself, which is the mistake to make."""
    elsewhere = tmp_path_factory.mktemp("host")
    shutil.copytree(site.settings.keys_folder, elsewhere / "keys")
    other = site.but(instance=elsewhere)
    second = cms.open_site(other.settings) if site.settings.database_url else None
    presence = Presence(second or site, now_utc)
    if second is None:
        with site.database.writing() as session:
            values = {"id": "x", "place": "elsewhere", "seen_at": now_utc(), "holds": old, "seals_with": old}
            writes.note_worker(session, values)
            session.commit()
    else:
        presence.tell()
    with pytest.raises(NotConfirmed, match=r"1 processes do not follow: .*Nothing is lost"):
        _rotate(site)
    assert site.vault.current == old
    assert sorted(_states(site).values()) == [KeyState.JOINING, KeyState.SEALING]
    send_comment(site, 1, START, email="late@example.org", text="Late.")
    if second is None:
        return
    for path in site.settings.keys_folder.iterdir():
        shutil.copy(path, elsewhere / "keys" / path.name)
    presence.tell()

    def _follow(_progress: Progress) -> None:
        presence.tell()

    done = _rotate(site, _follow)
    assert done.gone == (old,)
    assert second.vault.current == done.key_id
    assert "late@example.org" in _addresses(second)
    second.database.close()


@pytest.mark.both_engines
def test_a_process_that_looked_away_finds_the_new_key_by_itself(site: Site, old: str) -> None:
    stale = cms.open_site(site.settings)
    vault = stale.vault
    done = _rotate(site)
    with stale.database.reading() as session:
        row = session.exec(select(Comment).limit(1)).one()
    assert vault.unseal(row.email_sealed or "", table="comment", mark=row.mark).startswith("dan")
    assert stale.vault.current == done.key_id
    stale.database.close()


@ON_SQLITE
def test_a_seal_in_a_foreign_row_is_not_sealed_anew_and_keeps_its_key(site: Site, old: str) -> None:
    with site.database.writing() as session:
        table = SQLModel.metadata.tables["comment"]
        seals = {row.id: row.email_sealed for row in session.execute(sa.select(table))}
        for one, other in ((1, 2), (2, 1)):
            session.execute(sa.update(table).where(table.c.id == one).values(email_sealed=seals[other]))
        session.commit()
    done = _rotate(site)
    assert (done.gone, done.stuck) == ((), 2)
    assert old in key_ids(site.settings.keys_folder)
    assert _states(site)[old] is KeyState.LEAVING


@ON_SQLITE
def test_a_key_that_is_lost_while_the_site_runs_stops_sealing_until_it_is_back(
    site: Site, old: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = site.settings.keys_folder / f"{old}.key"
    kept = path.read_bytes()
    path.unlink()
    site.keyring.look_again()
    assert site.vault_or_none is None
    assert f"The key {old} is missing. Reading only" in caplog.text
    with pytest.raises(NoKey):
        send_comment(site, 1, START, text="Never.")
    path.write_bytes(kept)
    path.chmod(0o644)
    site.keyring.look_again()
    assert site.vault_or_none is None
    path.chmod(0o600)
    site.keyring.look_again()
    assert "is here again" in caplog.text
    assert len(_addresses(site)) == 10


@ON_SQLITE
def test_a_foreign_key_in_the_folder_changes_nothing(site: Site, old: str) -> None:
    make_key(site.settings.keys_folder, "20991231")
    site.keyring.look()
    assert site.vault.current == old


@pytest.mark.both_engines
def test_a_process_that_ended_is_not_waited_for(site: Site, old: str) -> None:
    for seen_at, end in ((START, False), (now_utc(), True)):
        presence = Presence(site, lambda seen_at=seen_at: seen_at)
        presence.tell()
        if end:
            presence._thread.start()
            presence.end()
    assert _rotate(site).gone == (old,)


@ON_SQLITE
def test_the_columns_of_the_list_are_bound_as_they_are_sealed(site: Site, old: str) -> None:
    with site.database.reading() as session:
        for column in SEALED_COLUMNS:
            rows = column.table.c
            for sealed, mark in session.execute(
                sa.select(rows[column.name], rows[column.mark]).where(rows[column.name].is_not(None))
            ):
                assert site.vault.unseal(sealed, table=column.table.name, mark=str(mark))


def _started(settings: Settings, program: str) -> subprocess.Popen[str]:
    environ = {
        **os.environ,
        "CMS_INSTANCE": str(settings.instance),
        "CMS_DATABASE_URL": settings.database_url,
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, text=True)


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
