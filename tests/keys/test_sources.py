"""Keys that lie elsewhere: a file of the operator's, a command of the operator's."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cms
from cms import now_utc
from cms.config import load_settings
from cms.keys import sources as key_sources
from cms.keys.sources import KeyCommand, KeyFile, KeySource, key_text
from cms.privacy.actions.keys import new_key, next_key_text
from cms.privacy.actions.rotation import Pace, rotate
from cms.sense import SettingsRefused
from cms.site import Site
from cms.vault import Key, KeyRefused
from tests.conftest import START
from tests.factories import send_comment, write_article

AT_ONCE = Pace(look=0.02, grace=0, patience=0.2)


def _printing(text: str, *, status: int = 0) -> list[str]:
    program = f"import sys; print({text!r}, end=''); print('secret', file=sys.stderr); sys.exit({status})"
    return [sys.executable, "-c", program]


def _kept(path: Path, *keys: Key) -> None:
    path.write_text("".join(map(key_text, keys)))
    path.chmod(0o600)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a file of the operator's that holds one key, as `openssl rand -hex 32` writes it."""
    path = tmp_path / "from-the-vault"
    path.write_text(Key.random().seed.hex() + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(params=["file", "command"])
def kept_elsewhere(request: pytest.FixtureRequest, tmp_path: Path, store: Path) -> Iterator[Site]:
    """Give a site whose key comes from that file, or from a command that prints it."""
    setting = {"key_file": str(store)} if request.param == "file" else {"key_command": f"cat '{store}'"}
    site = cms.open_site(load_settings({}, instance=tmp_path / "site", **setting))
    yield site
    site.database.close()


def test_a_key_from_elsewhere_seals_and_no_folder_is_made(kept_elsewhere: Site) -> None:
    send_comment(kept_elsewhere, write_article(kept_elsewhere, "The last tram", START), START)
    assert kept_elsewhere.vault.current.startswith("given-")
    assert not kept_elsewhere.settings.keys_folder.exists()


def test_a_rotation_asks_for_a_key_that_carries_over_what_is_stored(
    kept_elsewhere: Site, store: Path
) -> None:
    send_comment(kept_elsewhere, write_article(kept_elsewhere, "The last tram", START), START)
    old, fingerprint = kept_elsewhere.vault.current, kept_elsewhere.vault.fingerprint("dan@example.org")
    with pytest.raises(KeyRefused, match="--print-next"):
        rotate(kept_elsewhere, now_utc, lambda _: None, AT_ONCE)
    store.write_text(Key.random().seed.hex() + "\n" + store.read_text())
    with pytest.raises(KeyRefused, match="does not carry over"):
        rotate(_looked_again(kept_elsewhere), now_utc, lambda _: None, AT_ONCE)
    store.write_text(next_key_text(kept_elsewhere) + store.read_text().partition("\n")[2])
    done = rotate(_looked_again(kept_elsewhere), now_utc, lambda _: None, AT_ONCE)
    assert (done.gone, done.stuck) == ((old,), 0)
    assert kept_elsewhere.vault.current == done.key_id != old
    assert kept_elsewhere.vault.fingerprint("dan@example.org") == fingerprint


def test_a_lost_key_is_replaced_by_one_that_the_operator_gives(kept_elsewhere: Site, store: Path) -> None:
    with pytest.raises(KeyRefused, match="A new key has to come from"):
        new_key(kept_elsewhere, START)
    _kept(store, Key.random())
    made = new_key(_looked_again(kept_elsewhere), START)
    assert kept_elsewhere.vault.current == made


def _looked_again(site: Site) -> Site:
    """Return the site as it is when a command may be asked again."""
    if isinstance(site.keyring.source, KeyCommand):
        site.keyring.source._kept = {}
    return site


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (KeyCommand(["/nowhere/at-all"]), "cannot be run: No such file"),
        (KeyCommand(_printing("00" * 32, status=3)), "failed with status 3"),
        (KeyCommand(_printing("")), "does not hold a key"),
        (KeyCommand(_printing("password: hunter2")), "does not hold a key"),
        (KeyCommand(_printing("00" * 31)), "was cut"),
        (KeyFile(Path("/nowhere/at-all")), "is not there"),
    ],
)
def test_a_source_that_gives_no_key_says_so_in_one_line_and_never_what_it_gave(
    source: KeySource, sentence: str
) -> None:
    with pytest.raises(KeyRefused, match=sentence) as refused:
        source.read()
    assert "hunter2" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sources, "COMMAND_SECONDS", 0.2)
    with pytest.raises(KeyRefused, match="did not end within"):
        KeyCommand([sys.executable, "-c", "import time; time.sleep(60)"]).read()


def test_a_command_is_run_once_until_a_key_is_missing(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    counting = f"open({str(ran)!r}, 'a').write('x'); print('00' * 32)"
    source = KeyCommand([sys.executable, "-c", counting])
    (key_id,) = source.read()
    source.read([key_id])
    source.read([key_id, "given-0"])  # too early to ask again
    assert ran.read_text() == "x"


def test_a_key_file_that_others_may_read_is_refused(store: Path) -> None:
    store.chmod(0o640)
    with pytest.raises(KeyRefused, match="chmod 600"):
        KeyFile(store).read()


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    first = Key.random().successor()
    second = first.successor()
    _kept(tmp_path / "both", second, first)
    read = KeyFile(tmp_path / "both").read()
    assert list(read.values()) == [second, first]
    assert second.follows(first)
    assert second.sealing() != first.sealing()


@pytest.mark.parametrize(
    "settings", [{"key_file": "x", "key_command": "y"}, {"key_command": "cat 'x"}, {"key_command": "  "}]
)
def test_settings_that_name_no_one_source_are_refused(tmp_path: Path, settings: dict[str, str]) -> None:
    with pytest.raises(SettingsRefused, match="key_"):
        load_settings({}, instance=tmp_path, **settings)
