"""A backup taken while a site serves, and the site that it gives back."""

import io
import resource
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cms
from cms.cli import main
from cms.comments.models import Comment
from cms.config import Settings, load_settings
from cms.exchange.actions.backups import RestoreRefused, back_up, restore
from cms.exchange.backup_file import BackupRefused
from cms.limits.actions import network_mark
from cms.privacy.actions.erasing import erase_comments
from cms.site import Site
from cms.storage import sqlite_copies
from tests.conftest import ON_SQLITE, START, Clock, application
from tests.factories import hire, send_comment, write_article
from tests.pages.kept import Worker
from tests.reader import Moderator, Reader

pytestmark = ON_SQLITE  # PostgreSQL has its own program for that
CAT = "/articles/cat"
LATER = START + timedelta(hours=1)


@pytest.fixture
def comment(site: Site) -> int:
    """Fill the site with an article, a picture, settings and a comment; return the comment's id."""
    article = write_article(site, "Cat", START)
    (site.settings.media_folder / "2024").mkdir(parents=True)
    (site.settings.media_folder / "2024" / "بلی.png").write_bytes(b"a picture")
    (site.settings.instance / "config.toml").write_text('site_name = "The Tidewaiter"\n')
    return send_comment(site, article, START, text="It was my cat.")


@pytest.fixture
def packed(site: Site, comment: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a backup of that site."""
    path = tmp_path_factory.mktemp("backups") / "site.tar.gz"
    back_up(site, path, START)
    return path


@pytest.fixture
def elsewhere(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give an empty instance folder that has the site's keys."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "keys").symlink_to(site.settings.keys_folder)
    return load_settings({}, instance=folder, base_url="http://localhost", sqlite_synchronous="NORMAL")


def put_back(packed: Path, settings: Settings, *, over: bool = False) -> object:
    """Restore a file."""
    with packed.open("rb") as source:
        return restore(settings, source, LATER, over=over)


@contextmanager
def opened(settings: Settings) -> Iterator[Site]:
    """Open a site for a moment."""
    site = cms.open_site(settings)
    yield site
    site.database.close()


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder but what SQLite keeps beside its own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_a_restored_site_is_the_site_again(
    site: Site, packed: Path, elsewhere: Settings, comment: int, clock: Clock
) -> None:
    put_back(packed, elsewhere)
    assert (elsewhere.media_folder / "2024" / "بلی.png").read_bytes() == b"a picture"
    restored = replace(load_settings({}, instance=elsewhere.instance), base_url="http://localhost")
    assert restored.site_name == "The Tidewaiter"
    with opened(restored) as again:
        assert Reader(application(again, clock)).page(CAT).text("h1") == "Cat"
        with again.database.reading() as session:
            kept = session.get_one(Comment, comment)
            assert kept.email_sealed
            address = again.vault.unseal(kept.email_sealed, table="comment", mark=kept.mark)
    assert (kept.body_text, address) == ("It was my cat.", "dan@example.org")
    assert not (elsewhere.instance / ".restore").exists()


def test_neither_keys_nor_salt_nor_open_doors_are_in_it(
    site: Site, app, clock: Clock, tmp_path_factory
) -> None:  # type: ignore[no-untyped-def]
    hire(site, "Cleo", START)
    Moderator(app, "Cleo")
    network_mark(site, "192.0.2.7", START)
    with site.database.reading() as session:
        salt = session.connection().exec_driver_sql("SELECT salt_sealed FROM daily_salt").scalar_one()
    folder = tmp_path_factory.mktemp("backup")
    back_up(site, folder / "site.tar.gz", START)
    with tarfile.open(folder / "site.tar.gz") as tar:
        assert tar.getnames() == ["broadsheet.db", "backup.json"]
        _unpack_database(tar, folder)
    assert salt.encode() not in (folder / "broadsheet.db").read_bytes()
    with closing(sqlite3.connect(folder / "broadsheet.db")) as copy:
        assert copy.execute("SELECT count(*) FROM staff_session").fetchone() == (0,)
        assert copy.execute("SELECT count(*) FROM staff").fetchone() == (1,)
    assert (folder / "site.tar.gz").stat().st_mode & 0o77 == 0


def test_a_backup_under_load_is_one_state_and_makes_nobody_wait(
    site: Site, comment: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ended, sent = threading.Event(), [comment]

    def send_on() -> None:
        while not ended.is_set():
            sent.append(send_comment(site, 1, START, text=f"Comment {len(sent)}"))

    thread = threading.Thread(target=send_on)
    thread.start()
    folder = tmp_path_factory.mktemp("backup")
    while len(sent) < 3:
        pass
    before = len(sent)
    back_up(site, folder / "site.tar.gz", START)
    after = len(sent)
    ended.set()
    thread.join()
    with tarfile.open(folder / "site.tar.gz") as tar:
        _unpack_database(tar, folder)
    assert sqlite_copies.revision_of(folder / "broadsheet.db")
    with closing(sqlite3.connect(folder / "broadsheet.db")) as copy:
        (found,) = copy.execute("SELECT count(*) FROM comment").fetchone()
    assert before <= found <= after + 1


def test_what_was_erased_since_stays_erased(site: Site, packed: Path, comment: int) -> None:
    erase_comments(site, [comment], LATER)
    done = put_back(packed, site.settings, over=True)
    assert done.erased_again == 1  # type: ignore[attr-defined]
    with site.database.reading() as session:
        assert session.get_one(Comment, comment).body_text == ""


def test_no_page_that_a_running_worker_keeps_is_stale(site: Site, packed: Path, clock: Clock) -> None:
    worker = Worker(site.settings, clock)
    reader = Reader(worker.app)
    write_article(site, "Dog", START)
    assert "Dog" in reader.get("/").text
    assert reader.get("/articles/dog").status_code == 200
    put_back(packed, site.settings, over=True)
    assert "Dog" not in reader.get("/").text
    assert reader.get("/articles/dog").status_code == 404
    assert reader.comment(CAT, comment="And mine was there, too.").status_code == 303
    worker.close()


def test_a_site_is_replaced_only_on_request(site: Site, packed: Path) -> None:
    write_article(site, "Dog", START)
    (site.settings.media_folder / "new.png").write_bytes(b"new")
    before = tree(site.settings.instance)
    with pytest.raises(RestoreRefused, match="--over"):
        put_back(packed, site.settings)
    assert tree(site.settings.instance) == before
    put_back(packed, site.settings, over=True)
    assert set(tree(site.settings.media_folder)) == {"2024/بلی.png"}


def test_a_damaged_database_is_set_aside(packed: Path, elsewhere: Settings) -> None:
    (elsewhere.instance / "broadsheet.db").write_bytes(b"This is no database. " * 500)
    done = put_back(packed, elsewhere, over=True)
    assert done.set_aside == elsewhere.instance / "broadsheet.db.damaged"  # type: ignore[attr-defined]
    with opened(elsewhere) as again, again.database.reading() as session:
        assert session.get(Comment, 1)


def member(
    name: str, body: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    """Return a member of an archive that somebody made up."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    made.size = len(body) if kind == tarfile.REGTYPE else 0
    return made, body


HOSTILE: dict[str, tuple[tarfile.TarInfo, bytes]] = {
    "a way up": member("media/../../stolen"),
    "another way up": member("../config.toml"),
    "a way from the root": member("/stolen"),
    "a key": member("keys/k1.key"),
    "a journal": member("keys/erased.log"),
    "a hidden file": member("media/.htaccess"),
    "nothing between strokes": member("media//x"),
    "a line break": member("media/a\nb"),
    "a link": member("media/link", kind=tarfile.SYMTYPE, link="/etc"),
    "a second name": member("media/link", kind=tarfile.LNKTYPE, link="broadsheet.db"),
    "a device": member("media/null", kind=tarfile.CHRTYPE),
    "a folder": member("media/folder", kind=tarfile.DIRTYPE),
    "a pipe": member("media/pipe", kind=tarfile.FIFOTYPE),
    "a long header": member("x" * 300),
    "a file twice": member("broadsheet.db"),
    "one that is not listed": member("media/extra.png"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_an_archive_that_is_more_than_a_backup_changes_nothing(
    what: str, packed: Path, elsewhere: Settings
) -> None:
    found, body = HOSTILE[what]
    made = io.BytesIO()
    with (
        tarfile.open(packed) as tar,
        tarfile.open(fileobj=made, mode="w:gz", format=tarfile.GNU_FORMAT) as to,
    ):
        for one in tar.getmembers():
            if one.name == "backup.json":
                to.addfile(found, io.BytesIO(body))
            to.addfile(one, tar.extractfile(one))
    with pytest.raises(BackupRefused):
        restore(elsewhere, io.BytesIO(made.getvalue()), LATER, over=False)
    assert [path.name for path in elsewhere.instance.iterdir()] == ["keys"]
    assert not (elsewhere.instance.parent / "stolen").exists()


def changed(packed: Path, name: str, change: Callable[[bytes], bytes]) -> io.BytesIO:
    """Return a backup with one member changed and its list of contents left as it was."""
    made = io.BytesIO()
    with (
        tarfile.open(packed) as tar,
        tarfile.open(fileobj=made, mode="w:gz", format=tarfile.USTAR_FORMAT) as to,
    ):
        for one in tar.getmembers():
            stream = tar.extractfile(one)
            assert stream
            body = change(stream.read()) if one.name == name else stream.read()
            one.size = len(body)
            to.addfile(one, io.BytesIO(body))
    made.seek(0)
    return made


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("broadsheet.db", lambda body: body[:-1] + b"x", "does not hold what it says"),
        ("config.toml", lambda body: body + b"\n", "does not hold what it says"),
        ("backup.json", lambda body: body.replace(b'"format": 1', b'"format": 2'), "newer Broadsheet"),
        ("backup.json", lambda _: b"[]", "cannot be read"),
        ("backup.json", lambda _: b"{" * 100_000, "cannot be read"),
        (
            "backup.json",
            lambda body: body.replace(b"config.toml", b"media/c.png"),
            "does not hold what it says",
        ),
    ],
)
def test_a_backup_that_was_changed_is_refused(
    name: str, change: Callable[[bytes], bytes], said: str, packed: Path, elsewhere: Settings
) -> None:
    with pytest.raises(BackupRefused, match=said):
        restore(elsewhere, changed(packed, name, change), LATER, over=False)


def test_a_backup_that_is_cut_off_anywhere_is_refused(packed: Path, elsewhere: Settings) -> None:
    whole = packed.read_bytes()
    for end in (0, 1, 20, len(whole) // 3, len(whole) // 2, len(whole) * 9 // 10):
        with pytest.raises(BackupRefused):
            restore(elsewhere, io.BytesIO(whole[:end]), LATER, over=False)
    assert [path.name for path in elsewhere.instance.iterdir()] == ["keys"]


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Let the disk be full for whoever writes more than `size` bytes into a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_nothing_half(site: Site, packed: Path, elsewhere: Settings) -> None:
    copy = packed.parent / "copy.db"
    sqlite_copies.copy_database(site.settings.instance / "broadsheet.db", copy)
    write_article(site, "Dog", START)
    before = tree(site.settings.instance)
    with no_file_longer_than(10_000):
        with pytest.raises((OSError, sqlite3.Error)):
            back_up(site, packed.parent / "second.tar.gz", START)
        with pytest.raises((OSError, sqlite3.Error)):
            put_back(packed, elsewhere)
    with no_file_longer_than(copy.stat().st_size), pytest.raises(sqlite3.Error):
        sqlite_copies.put_in_place(copy, site.settings.instance / "broadsheet.db")
    assert sorted(path.name for path in packed.parent.iterdir()) == ["copy.db", "site.tar.gz"]
    assert [path.name for path in elsewhere.instance.iterdir()] == ["keys"]
    with site.database.reading() as session:
        titles = session.connection().exec_driver_sql("SELECT title FROM article ORDER BY id").scalars().all()
    assert list(titles) == ["Cat", "Dog"]
    assert set(tree(site.settings.instance)) == set(before)


def run(*words: object) -> Result:
    """Run a command as a person does."""
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_person_takes_a_backup_and_puts_it_back(instance: Path, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("backup") / "site.tar.gz"
    taken = run("backup", path)
    assert (taken.exit_code, taken.stdout.splitlines()[0][: len(str(path))]) == (0, str(path))
    assert "keys" in taken.stdout
    assert run("backup", path).stderr == f"{path} is there already. Nothing was written.\n"
    assert "--over" in run("restore", path).stderr
    assert run("restore", path, "--over").exit_code == 0
    path.write_bytes(path.read_bytes()[:1000])
    refused = run("restore", path, "--over")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert "Nothing was changed" in refused.stderr


def test_postgresql_is_referred_to_its_own_program(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    for words in (["backup", "x.tar.gz"], ["restore", __file__]):
        refused = run(*words)
        assert refused.exit_code == 1
        assert "pg_dump" in refused.stderr


def _unpack_database(tar: tarfile.TarFile, folder: Path) -> None:
    database = tar.extractfile("broadsheet.db")
    assert database
    (folder / "broadsheet.db").write_bytes(database.read())
