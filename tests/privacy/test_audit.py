"""The audit: an address planted anywhere is found, a clean site is clean, own words are told apart."""

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import shutil
import sqlite3
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cms.config import Settings
from cms.privacy.commands import privacy
from cms.site import Site
from tests.conftest import ON_SQLITE, Clock
from tests.factories import hire, send_comment, write_article

DAN = "dan@example.org"
Audit = Callable[..., dict[str, Any]]


@pytest.fixture
def comment(site: Site, clock: Clock) -> int:
    """Give a comment of Dan's under an article, at a paper where Cleo moderates."""
    hire(site, "Cleo", clock())
    return send_comment(site, write_article(site, "The last tram", clock()), clock())


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Give the command, run on the site."""
    monkeypatch.setenv("CMS_INSTANCE", str(site.settings.instance))
    monkeypatch.setenv("CMS_DATABASE_URL", site.settings.database_url)
    return lambda *options: CliRunner().invoke(privacy, ["audit", *options])


@pytest.fixture
def audit(run: Callable[..., Result], comment: int) -> Audit:
    """Give the command's JSON; its status agrees with what it says."""

    def _audit(*options: str) -> dict[str, Any]:
        result = run("--json", *options)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        said: dict[str, Any] = json.loads(result.stdout)
        assert result.exit_code == (1 if said["found"] else 0)
        assert "@" not in result.stdout
        return said

    return _audit


def _places(said: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["where"], one["form"]) for one in said["found"]}


def _change(site: Site, statement: str, **values: Any) -> None:
    with site.database.writing() as session:
        session.execute(sa.text(statement), values)
        session.commit()


@pytest.mark.both_engines
def test_a_site_that_keeps_its_promise_is_clean(audit: Audit, site: Site) -> None:
    said = audit()
    assert said["found"] == []
    assert said["written_by_themselves"] == []
    assert said["not_unsealed"] == 0
    assert said["searched"]["addresses"] == 2
    assert said["searched"]["tables"] > 15
    assert said["searched"]["rows"] > 8
    assert said["searched"]["files"] >= 1
    assert said["searched"]["bytes"] > 2000
    assert any("dead rows" in one["what"] for one in said["not_searched"]) is not site.database.is_sqlite


def test_a_find_names_whose_it_is_and_never_the_address(audit: Audit, site: Site, comment: int) -> None:
    _change(site, "UPDATE article SET image_credit = :it", it=f"sent by {DAN.upper()}")
    said = audit()
    assert ("article.image_credit, id 1", "clear") in _places(said)
    found = next(one for one in said["found"] if one["where"] == "article.image_credit, id 1")
    assert found["of"][0].startswith(f"comment {comment} (mark ")


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("planted", "form"),
    [
        ("dan%40example.org", "url"),
        (base64.b64encode(b"x dan@example.org").decode(), "base64"),
        (DAN.encode().hex(), "hex"),
        (DAN[::-1], "reversed"),
        ("dan&#64;example.org", "html"),
    ],
)
def test_a_disguise_in_a_table_is_found(audit: Audit, site: Site, planted: str, form: str) -> None:
    _change(site, "INSERT INTO former_address VALUES (:it, 'article:1', '')", it=planted)
    found = {one for one in _places(audit()) if one[0].startswith("former_address.address")}
    assert found == {("former_address.address, row 1", form)}


@pytest.fixture
def foreign_tables(site: Site) -> Iterator[None]:
    """Give two tables that are no part of the program, and take them away again."""
    kind = "BLOB" if site.database.is_sqlite else "BYTEA"
    _change(site, 'CREATE TABLE "Old Letters" (id INTEGER PRIMARY KEY, "to: whom" TEXT)')
    _change(site, f"CREATE TABLE kept_page (id INTEGER PRIMARY KEY, body {kind})")
    yield
    _change(site, 'DROP TABLE "Old Letters"')
    _change(site, "DROP TABLE kept_page")


@pytest.mark.both_engines
@pytest.mark.usefixtures("foreign_tables")
def test_a_table_that_no_model_knows_is_searched_too(audit: Audit, site: Site) -> None:
    _change(site, 'INSERT INTO "Old Letters" VALUES (7, :it)', it=DAN)
    places = _places(audit())
    assert {form for where, form in places if where.startswith('"Old Letters".to: whom, id 7')} == {"clear"}


@pytest.mark.both_engines
@pytest.mark.usefixtures("foreign_tables")
def test_bytes_in_a_table_are_unpacked(audit: Audit, site: Site) -> None:
    page = f"<p>Dan, {DAN}</p>".encode() * 3
    for number, packed in enumerate((gzip.compress(page), brotli.compress(page), zlib.compress(page)), 1):
        _change(site, "INSERT INTO kept_page VALUES (:id, :body)", id=number, body=packed)
    places = {where for where, form in _places(audit()) if form == "clear"}
    assert {f"kept_page.body, id {number}" for number in (1, 2, 3)} <= {
        where.partition(" > ")[0] for where in places
    }


@pytest.mark.both_engines
def test_a_digest_of_the_address_in_a_table_is_found(audit: Audit, site: Site) -> None:
    avatar = hashlib.md5(DAN.encode(), usedforsecurity=False).hexdigest()
    _change(site, "UPDATE author SET bio = :it", it=f"/avatars/{avatar}?s=80")
    assert ("author.bio, id 1", "md5 in hex") in _places(audit())


@pytest.mark.both_engines
def test_the_dump_of_postgresql_is_searched_where_pg_dump_is(audit: Audit, site: Site) -> None:
    _change(site, "UPDATE article SET image_credit = :it", it=DAN)
    said = audit()
    assert site.database.is_sqlite or (
        ("pg_dump", "clear") in _places(said)
        if shutil.which("pg_dump")
        else "pg_dump" in [one["what"] for one in said["not_searched"]]
    )


@pytest.mark.both_engines
def test_without_pg_dump_it_says_so(audit: Audit, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    skipped = [one for one in audit()["not_searched"] if one["what"] == "pg_dump"]
    assert skipped == (
        [] if site.database.is_sqlite else [{"what": "pg_dump", "why": "pg_dump is not installed"}]
    )


def test_her_own_address_in_her_own_text_is_listed_apart(audit: Audit, site: Site, clock: Clock) -> None:
    own = send_comment(site, 1, clock(), text=f"Write to me at {DAN} about the tram, please.")
    alone = send_comment(site, 1, clock(), name="Eve", email="eve@example.org", text="eve@example.org")
    said = audit()
    assert said["found"] == []
    written = {(one["where"], one["form"]) for one in said["written_by_themselves"]}
    assert (f"comment.body_text, id {own}", "clear") in written
    assert (f"comment.body_html, id {own}", "clear") in written
    assert (f"comment.body_text, id {alone}", "clear") in written


def test_somebody_elses_address_in_a_text_is_a_find(audit: Audit, site: Site, clock: Clock) -> None:
    told = send_comment(
        site, 1, clock(), email="ada@example.net", text=f"Dan's address is {DAN}, by the way."
    )
    assert (f"comment.body_text, id {told}", "clear") in _places(audit())


def test_her_own_writing_hides_no_leak_elsewhere(audit: Audit, site: Site, clock: Clock) -> None:
    send_comment(site, 1, clock(), text=f"Write to me at {DAN} about the tram, please.")
    (site.settings.instance / "requests.log").write_text(f"POST /comments email={DAN}&name=Dan\n")
    places = _places(audit())
    assert {where.rpartition("/")[2] for where, _ in places} == {"requests.log"}


def test_her_own_writing_on_a_finished_page_is_hers(audit: Audit, site: Site, clock: Clock) -> None:
    own = send_comment(site, 1, clock(), text=f"Write to me at {DAN} about the tram, please.")
    with site.database.reading() as session:
        statement = sa.text("SELECT body_html FROM comment WHERE id = :id")
        html = session.execute(statement, {"id": own}).scalar_one()
    (site.settings.instance / "page.html.gz").write_bytes(gzip.compress(f"<main>{html}</main>".encode()))
    said = audit()
    assert said["found"] == []
    assert any("page.html.gz" in one["where"] for one in said["written_by_themselves"])


def test_the_contact_of_the_settings_is_the_operators_own_word(audit: Audit, site: Site) -> None:
    config = site.settings.instance / "config.toml"
    config.write_text('contact = "cleo@example.org"\n')
    said = audit()
    assert said["found"] == []
    assert any("config.toml" in one["where"] for one in said["written_by_themselves"])


@pytest.mark.both_engines
def test_a_sealed_value_that_was_changed_is_counted(audit: Audit, site: Site) -> None:
    _change(site, "UPDATE comment SET mark = :it", it="0" * 32)
    said = audit()
    assert said["not_unsealed"] == 1
    assert said["searched"]["addresses"] == 1


def test_without_the_key_it_refuses(run: Callable[..., Result], site: Site, comment: int) -> None:
    shutil.rmtree(site.settings.keys_folder)
    result = run("--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "key is missing" in result.stderr


def test_a_person_reads_what_was_searched_and_found(
    run: Callable[..., Result], site: Site, comment: int, tmp_path: Path
) -> None:
    clean = run()
    assert clean.exit_code == 0, clean.output
    assert "Looked for 2 addresses in " in clean.stdout
    assert "No address was found outside its seal." in clean.stdout
    (site.settings.instance / "debug.log").write_text(f"sent to {DAN}")
    found = run()
    assert found.exit_code == 1
    assert "FOUND: 1" in found.stdout
    assert f"debug.log: clear, the address of comment {comment} (mark " in found.stdout
    assert DAN not in found.stdout


def _zipped(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>{DAN}</dc:creator></x:xmpmeta>"
ARTIST, XP_AUTHOR = 0x013B, 0x9C9D  # of EXIF; Windows writes the second, two bytes a letter


def _png(tell: Callable[[PngInfo], None]) -> bytes:
    held, told = io.BytesIO(), PngInfo()
    tell(told)
    Image.new("RGB", (2, 2)).save(held, "PNG", pnginfo=told)
    return held.getvalue()


def _jpeg(tag: int, value: str | bytes) -> bytes:
    held, exif = io.BytesIO(), Image.Exif()
    exif[tag] = value
    Image.new("RGB", (2, 2)).save(held, "JPEG", exif=exif)
    return held.getvalue()


def _pdf(author: str, page: bytes) -> bytes:
    """Return what matters of a PDF: who is named as its author, and what a page says."""
    stream = zlib.compress(page)
    told = f"1 0 obj\n<< /Author {author} >>\nendobj\n2 0 obj\n<< /Filter /FlateDecode /Length {len(stream)} >>\n"
    return b"%PDF-1.7\n" + told.encode() + b"stream\n" + stream + b"\nendstream\nendobj\n%%EOF\n"


TEXT = f"To: {DAN}\nThe tram has left.\n".encode() * 3
FILES = {
    "media/2026/iTXt.png": _png(lambda told: told.add_itxt("Author", DAN, zip=True)),
    "media/2026/zTXt.png": _png(lambda told: told.add_text("Author", DAN, zip=True)),
    "media/2026/XMP.png": _png(lambda told: told.add_itxt("XML:com.adobe.xmp", XMP)),
    "media/2026/XMP.jpg": b"\xff\xd8\xff\xe1\x00\x80http://ns.adobe.com/xap/1.0/\0" + XMP.encode(),
    "media/2026/EXIF.jpg": _jpeg(ARTIST, DAN),
    "media/2026/EXIF-of-Windows.jpg": _jpeg(XP_AUTHOR, DAN.encode("utf-16-le")),
    "media/2026/author.pdf": _pdf(f"(Dan <{DAN}>)", b"The tram has left."),
    "media/2026/hexadecimal.pdf": _pdf(
        f"<FEFF{DAN.encode('utf-16-be').hex().upper()}>", b"The tram has left."
    ),
    "media/2026/page.pdf": _pdf("(Ada)", f"BT /F1 12 Tf (Write to {DAN}) Tj ET".encode()),
    "logs/access.log": b"GET /my?e=dan%2540example.org",
    "exports/site.json": json.dumps({"email": DAN}).replace("@", "\\u0040").encode(),
    "backups/site.db.bak": b"\x00" * 3_000_000 + DAN.encode() + b"\x00" * 3_000_000,
    "backups/late.bin": b"\x81" * (1_048_576 - 7) + DAN.encode(),
    "pages/front.html.gz": gzip.compress(TEXT),
    "pages/front.html.br": brotli.compress(TEXT),
    "pages/nameless": brotli.compress(TEXT),
    "crash/core": b"\x7fELF" * 999 + DAN.encode("utf-16-le"),
    "exports/one.zip": _zipped(a=TEXT),
    "exports/two.zip": _zipped(b=_zipped(a=TEXT)),
    "exports/three.zip": _zipped(b=gzip.compress(TEXT)),
    "exports/mail.mbox": base64.encodebytes(TEXT),
    "exports/half.gz": gzip.compress(TEXT + bytes(range(256)) * 40)[:120],
    "exports/all.bz2": bz2.compress(TEXT),
    "exports/all.xz": lzma.compress(TEXT),
    "exports/raw.deflated": zlib.compress(TEXT)[2:-4],
    "exports/packed.json": json.dumps({"body": base64.b64encode(gzip.compress(TEXT)).decode()}).encode(),
    "exports/tail.bin": b"\x01\x02" * 999 + gzip.compress(TEXT),
    ".hidden": DAN.encode().hex().upper().encode(),
}


def test_an_address_in_a_file_is_found(audit: Audit, settings: Settings) -> None:
    for name, content in FILES.items():
        path = settings.instance / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = {where.partition("/")[2].partition(" > ")[0] for where, _ in _places(audit())}
    assert found == set(FILES)


@ON_SQLITE
def test_the_environment_and_the_arguments_of_its_processes_are_searched(
    audit: Audit, site: Site, tmp_path: Path
) -> None:
    environ = {"CMS_INSTANCE": str(site.settings.instance), "LAST_SENT": DAN}
    sleep = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]
    with (
        subprocess.Popen([*sleep, f"--to={DAN.upper()}"], env=environ, stdout=subprocess.PIPE) as ours,
        subprocess.Popen([*sleep, DAN], env={}, cwd=tmp_path.parent, stdout=subprocess.PIPE) as other,
    ):
        for running in (ours, other):
            assert running.stdout
            running.stdout.readline()
        try:
            said = audit()
        finally:
            ours.kill()
            other.kill()
    assert _places(said) == {
        (f"process {ours.pid}, its environment", "clear"),
        (f"process {ours.pid}, its arguments", "clear"),
    }
    assert said["searched"]["processes"] == 1


@ON_SQLITE
def test_a_folder_elsewhere_is_searched_when_asked(
    audit: Audit, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, second = tmp_path_factory.mktemp("proxy"), tmp_path_factory.mktemp("backup")
    (first / "access.log").write_text(DAN)
    (second / "old.sql").write_text(DAN.upper())
    assert _places(audit()) == set()
    both = audit("--also", str(first), "--also", str(second))
    assert {where.rpartition("/")[2] for where, _ in _places(both)} == {"access.log", "old.sql"}


@ON_SQLITE
def test_a_name_that_gives_an_address_away_is_found_and_not_repeated(audit: Audit, site: Site) -> None:
    (site.settings.instance / f"avatar-{DAN}.txt").write_text(DAN)
    said = audit()  # the fixture asserts that no @ is said
    assert len(said["found"]) == 2
    assert any("the name of a file" in one["where"] for one in said["found"])


@ON_SQLITE
def test_the_keys_are_left_out(audit: Audit, site: Site) -> None:
    (site.settings.keys_folder / "note.txt").write_text(DAN)
    assert audit()["found"] == []


@ON_SQLITE
def test_what_cannot_be_unpacked_is_said(audit: Audit, site: Site) -> None:
    (site.settings.instance / "broken.zip").write_bytes(_zipped(a=TEXT)[:40])
    said = audit()
    assert [one["what"].rpartition("/")[2] for one in said["not_searched"]] == ["broken.zip"]


@pytest.fixture
def raw(site: Site, comment: int) -> Iterator[sqlite3.Connection]:
    """Give a plain connection to the site's file that neither overwrites what it deletes nor takes the WAL in."""
    connection = sqlite3.connect(site.settings.instance / "broadsheet.db", isolation_level=None)
    connection.execute("PRAGMA secure_delete=OFF")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    yield connection
    connection.close()


@ON_SQLITE
def test_a_deleted_row_is_found_in_the_free_pages(audit: Audit, raw: sqlite3.Connection) -> None:
    raw.execute("CREATE TABLE leaked (words TEXT)")
    raw.execute("INSERT INTO leaked VALUES (?)", [f"{'x ' * 3000}{DAN}{' y' * 3000}"])
    raw.execute("DROP TABLE leaked")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    assert {where.rpartition("/")[2] for where, _ in _places(audit())} == {"broadsheet.db"}


@ON_SQLITE
def test_what_stands_in_the_wal_alone_is_found(audit: Audit, raw: sqlite3.Connection, site: Site) -> None:
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.execute("CREATE TABLE leaked (words TEXT)")
    raw.execute("INSERT INTO leaked VALUES (?)", [DAN])
    raw.execute("PRAGMA secure_delete=ON")
    raw.execute("DELETE FROM leaked")
    assert {where for where, _ in _places(audit())} == {"broadsheet.db-wal"}


@ON_SQLITE
def test_a_wal_that_a_killed_server_left_is_found(
    audit: Audit, raw: sqlite3.Connection, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    test_what_stands_in_the_wal_alone_is_found(audit, raw, site)
    left = tmp_path_factory.mktemp("left")
    for path in site.settings.instance.glob("broadsheet.db*"):
        shutil.copy(path, left / path.name)
    shutil.copytree(site.settings.keys_folder, left / "keys")
    environ = {"CMS_INSTANCE": str(left), "CMS_DATABASE_URL": ""}
    result = CliRunner(env=environ).invoke(privacy, ["audit", "--json"])
    assert {one["where"] for one in json.loads(result.stdout)["found"]} == {"broadsheet.db-wal"}
