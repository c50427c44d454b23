"""The keys: what they seal, what they refuse, and that the first is made exactly once."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cms
from cms.config import Settings
from cms.keys.sources import KeysFolder, key_ids, make_key
from cms.privacy.actions import keys as privacy
from cms.privacy.queries.keys import known_keys
from cms.site import Site
from cms.vault import (
    Key,
    KeyRefused,
    NoKey,
    SealBroken,
    Vault,
    normalised_address,
    random_mark,
)
from tests.conftest import START

OLD = Key(bytes(32))
VAULT = Vault("20260301-aa", {"20260301-aa": OLD})
LATER = Vault("20260401-bb", {"20260301-aa": OLD, "20260401-bb": OLD.successor()})


@given(plain=st.text(st.characters(codec="utf-8")), mark=st.text("0123456789abcdef", min_size=1))
def test_what_is_sealed_for_a_row_is_unsealed_for_it(plain: str, mark: str) -> None:
    sealed = VAULT.seal(plain, table="comment", mark=mark)
    assert VAULT.unseal(sealed, table="comment", mark=mark) == plain


def test_the_same_address_never_looks_the_same_twice() -> None:
    assert len({VAULT.seal("dan@example.org", table="comment", mark="m") for _ in range(50)}) == 50


@pytest.mark.parametrize(("table", "mark"), [("staff", "m"), ("comment", "n"), ("comment:m", ""), ("", "m")])
def test_a_sealed_value_is_worth_nothing_in_another_row(table: str, mark: str) -> None:
    sealed = VAULT.seal("dan@example.org", table="comment", mark="m")
    with pytest.raises(SealBroken):
        VAULT.unseal(sealed, table=table, mark=mark)


def test_every_changed_digit_breaks_the_seal() -> None:
    key_id, _, body = VAULT.seal("dan@example.org", table="comment", mark="m").partition(":")
    for place, digit in enumerate(body):
        changed = f"{key_id}:{body[:place]}{'1' if digit != '1' else '2'}{body[place + 1 :]}"
        with pytest.raises(SealBroken):
            VAULT.unseal(changed, table="comment", mark="m")


@pytest.mark.parametrize("body", ["", "zz", "00", "00" * 12, "0" * 23])
def test_what_was_never_sealed_is_refused(body: str) -> None:
    with pytest.raises(SealBroken):
        VAULT.unseal(f"20260301-aa:{body}", table="comment", mark="m")


@pytest.mark.parametrize("sealed", ["20990101-zz:00", "", "dan@example.org"])
def test_a_value_under_another_key_says_so(sealed: str) -> None:
    with pytest.raises(NoKey):
        VAULT.unseal(sealed, table="comment", mark="m")


def test_after_a_new_key_old_values_are_read_and_new_ones_sealed_under_it() -> None:
    old = VAULT.seal("dan@example.org", table="comment", mark="m")
    assert LATER.unseal(old, table="comment", mark="m") == "dan@example.org"
    assert LATER.seal("dan@example.org", table="comment", mark="m").startswith("20260401-bb:")
    assert LATER.fingerprint("dan@example.org") == VAULT.fingerprint("dan@example.org")


@pytest.mark.parametrize("written", ["dan@example.org", " Dan@EXAMPLE.org ", "DAN@example.ORG\n"])
def test_an_address_is_found_however_it_was_written(written: str) -> None:
    assert VAULT.fingerprint(written) == VAULT.fingerprint("dan@example.org")


def test_composed_and_decomposed_letters_are_one_address() -> None:
    assert normalised_address("jose\u0301@example.org") == normalised_address("jos\u00e9@example.org")


def test_a_digest_keeps_its_parts_and_its_purposes_apart() -> None:
    parts = [("bc", "d"), ("b", "cd"), ("bcd",), ("bc", "d", "")]
    digests = {VAULT.digest(purpose, *those) for purpose in ("receipt", "repeat") for those in parts}
    assert len(digests) == 8


def test_a_vault_does_not_print_its_keys() -> None:
    assert bytes(32).hex() not in repr(VAULT)
    assert "\\x00" not in repr(VAULT)


def test_marks_are_128_random_bits() -> None:
    marks = {random_mark() for _ in range(100)}
    assert len(marks) == 100
    assert all(len(bytes.fromhex(mark)) == 16 for mark in marks)


def test_a_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        key_id = make_key(tmp_path / "keys", "20260301")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "keys" / f"{key_id}.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert key_ids(tmp_path / "keys") == [key_id]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    key_id = make_key(tmp_path, "20260301")
    (tmp_path / f"{key_id}.key").chmod(mode)
    with pytest.raises(KeyRefused, match="chmod 600"):
        KeysFolder(tmp_path).read([key_id])


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"00" * 31, b"00" * 33, b"receipt " + b"00" * 32, b"\xff\xfe"]
)
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    key_id = make_key(tmp_path, "20260301")
    (tmp_path / f"{key_id}.key").write_bytes(content)
    with pytest.raises(KeyRefused, match=r"backup"):
        KeysFolder(tmp_path).read([key_id])


@pytest.mark.never_opened
@pytest.mark.both_engines
def test_the_first_start_makes_one_key_and_the_next_finds_it(site: Site, settings: Settings) -> None:
    (key_id,) = key_ids(settings.keys_folder)
    again = cms.open_site(settings)
    assert key_ids(settings.keys_folder) == [key_id]
    assert again.vault.current == key_id == site.vault.current
    again.database.close()


@pytest.mark.never_opened
@pytest.mark.both_engines
def test_an_empty_database_takes_the_key_that_was_put_there(settings: Settings) -> None:
    key_id = make_key(settings.keys_folder, "20260101")
    opened = cms.open_site(settings)
    assert opened.vault.current == key_id
    opened.database.close()


@pytest.mark.both_engines
def test_a_lost_key_is_never_replaced_by_itself(site: Site, settings: Settings) -> None:
    (key_id,) = key_ids(settings.keys_folder)
    (settings.keys_folder / f"{key_id}.key").unlink()
    again = cms.open_site(settings)
    again.database.close()
    assert again.vault_or_none is None
    assert key_ids(settings.keys_folder) == []
    with pytest.raises(NoKey, match="cms doctor"):
        _vault = again.vault


@pytest.mark.both_engines
def test_another_sites_key_is_not_taken_for_the_lost_one(site: Site, settings: Settings) -> None:
    (key_id,) = key_ids(settings.keys_folder)
    (settings.keys_folder / f"{key_id}.key").unlink()
    make_key(settings.keys_folder, "20260101")
    again = cms.open_site(settings)
    again.database.close()
    assert again.vault_or_none is None


@pytest.mark.both_engines
def test_a_key_made_by_hand_seals_from_then_on(site: Site, settings: Settings) -> None:
    (lost,) = key_ids(settings.keys_folder)
    (settings.keys_folder / f"{lost}.key").unlink()
    made = privacy.new_key(site, START)
    again = cms.open_site(settings)
    again.database.close()
    assert again.vault.current == made
    assert again.vault.seal("dan@example.org", table="comment", mark="m").startswith(f"{made}:")


@pytest.mark.never_opened
@pytest.mark.both_engines
def test_two_processes_that_start_at_once_make_one_key(settings: Settings) -> None:
    program = "import cms; from cms.config import load_settings; print(cms.open_site(load_settings()).vault.current)"
    environ = {
        **os.environ,
        "CMS_INSTANCE": str(settings.instance),
        "CMS_DATABASE_URL": settings.database_url,
        "PYTHONPATH": str(Path(cms.__file__).parent.parent),
    }
    starts = [
        subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = {start.communicate(timeout=120)[0].strip() for start in starts}
    assert [start.returncode for start in starts] == [0, 0]
    assert told == set(key_ids(settings.keys_folder))
    assert len(told) == 1
    database = cms.open_site(settings).database
    with database.reading() as session:
        assert {key.id for key in known_keys(session)} == told
    database.close()
