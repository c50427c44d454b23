"""The configurations that `cms deploy` prints; nginx's is tried with the real nginx."""

import getpass
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

import cms
from cms.articles.models import Article
from cms.cli import main
from cms.config import load_settings
from cms.pages.deploying import HOMES
from cms.pages.writes import bump
from tests.conftest import IN_CI
from tests.factories import write_article
from tests.served import Served, free_port, served

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
FORM = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}


def told_of(instance: Path) -> dict[str, str]:
    """Return what commands are told of a site that bakes."""
    return {
        "CMS_INSTANCE": str(instance),
        "CMS_BASE_URL": "https://news.example.org",
        "CMS_BAKE_FOLDER": str(instance / "baked"),
    }


def printed(kind: str, instance: Path, bind: str = "127.0.0.1:8123", **told: str) -> str:
    told = {"CMS_INSTANCE": str(instance), "CMS_BASE_URL": "https://news.example.org", **told}
    ran = CliRunner(env=told).invoke(main, ["deploy", kind, "--bind", bind])
    assert ran.exit_code == 0, ran.output
    return ran.output


@pytest.mark.parametrize("kind", ["nginx", "caddy", "systemd"])
def test_a_configuration_is_made_from_the_settings(kind: str, tmp_path: Path) -> None:
    text = printed(kind, tmp_path)
    assert "127.0.0.1:8123" in text
    assert "news.example.org" in text
    assert "{base_url}" not in text


@pytest.mark.parametrize(
    ("instance", "hidden"), [("/srv/paper", "yes"), (f"{HOMES[0]}ada/paper", "read-only")]
)
def test_the_service_sees_the_homes_exactly_where_the_site_lies_in_one(
    instance: str, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", "/opt/broadsheet")
    assert f"\nProtectHome={hidden}\n" in printed("systemd", Path(instance), CMS_BAKE_FOLDER="")


@pytest.fixture(scope="module")
def behind_nginx(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[Served, Path]]:
    """Give a site behind the nginx that it configured, and the proxy's log."""
    if NGINX is None:
        if IN_CI:
            pytest.fail("CI wants an nginx")
        pytest.skip("no nginx is installed")
    instance = tmp_path_factory.mktemp("proxied")
    shutil.copy(sqlite_template, instance / "broadsheet.db")
    site = cms.open_site(load_settings({}, instance=instance))
    write_article(site, "Tide", cms.now_utc())
    site.settings.media_folder.mkdir()
    (site.settings.media_folder / "x.txt").write_text("a picture")
    site.database.close()
    told = told_of(instance)
    with served(instance, workers=1, CMS_TRUSTED_PROXIES="1", **told) as upstream:
        port, log = free_port(), instance / "proxy.log"
        text = printed("nginx", instance, f"127.0.0.1:{upstream.port}", **told)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace(
            "/var/log/nginx/broadsheet.log", str(log)
        )
        user = f"user {getpass.getuser()};"  # pytest's folders are nobody else's to read
        whole = (
            f"{user} daemon off; pid {instance}/nginx.pid; error_log stderr; events {{}}"
            f" http {{ gzip on; gzip_types *; {text} }}"  # as an operator may have it for other sites
        )
        (instance / "nginx.conf").write_text(whole)
        with subprocess.Popen([NGINX, "-c", str(instance / "nginx.conf")], stderr=subprocess.PIPE) as process:
            try:
                proxy = Served(port, upstream.process, log)
                _wait(proxy, process)
                yield proxy, log
            finally:
                process.terminate()


def _wait(proxy: Served, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        try:
            proxy.ask("GET", "/robots.txt")
        except OSError:
            time.sleep(0.05)
        else:
            return


def _logged(log: Path, last: str) -> str:
    """Return what nginx has logged up to the last request; it writes each second."""
    until = time.monotonic() + 10
    while last not in (told := log.read_text()):
        assert time.monotonic() < until, told
        time.sleep(0.05)
    return told


def test_readers_and_commenters_are_served_through_nginx(behind_nginx: tuple[Served, Path]) -> None:
    proxy, log = behind_nginx
    page = proxy.ask("GET", "/articles/tide", Accept_Encoding="br")
    assert (page.status, page.headers["Content-Encoding"]) == (200, "br")
    etag = page.headers["ETag"]
    assert proxy.ask("GET", "/articles/tide", Accept_Encoding="br", If_None_Match=etag).status == 304
    picture = proxy.ask("GET", "/media/x.txt")
    assert (picture.status, picture.headers["X-Content-Type-Options"]) == (200, "nosniff")
    form = proxy.ask("GET", "/articles/tide").text.decode()  # type: ignore[attr-defined]
    token = re.search(r'name="token"[^>]*value="([^"]+)"', form)
    assert token
    fields = {"token": token[1], "name": "Dan", "email": "dan@example.org", "comment": "I was there."}
    sent = proxy.ask("POST", "/articles/tide/comments", urlencode(fields).encode(), **FORM)
    assert sent.status == 303
    receipt = sent.headers["Location"]
    assert proxy.ask("GET", receipt).status == 200
    told = _logged(log, "GET /comments/-")
    assert "127.0.0.0 [" in told
    assert "127.0.0.1" not in told
    assert receipt.rpartition("/")[2] not in told


def test_nginx_serves_a_baked_page_by_itself_and_never_an_old_one(behind_nginx: tuple[Served, Path]) -> None:
    proxy, log = behind_nginx
    told = told_of(log.parent)
    assert CliRunner(env=told).invoke(main, ["bake"]).output.startswith("Baked:")
    direct = {one: proxy.ask("GET", "/articles/tide?x", Accept_Encoding=one) for one in ("br", "gzip", "")}
    for encoding, from_site in direct.items():
        baked = proxy.ask("GET", "/articles/tide", Accept_Encoding=encoding)
        assert baked.status == 200
        assert baked.headers["ETag"] != from_site.headers["ETag"], "nginx made it"
        for name in ("Content-Encoding", "Content-Type", "Cache-Control", "Vary", "Content-Security-Policy"):
            assert baked.headers[name] == from_site.headers[name], name
        again = {"Accept_Encoding": encoding, "If_None_Match": baked.headers["ETag"]}
        assert proxy.ask("GET", "/articles/tide", **again).status == 304
    assert proxy.ask("GET", "/articles/tide", Accept_Encoding="br;q=0").headers["Content-Encoding"] is None
    from_browser = proxy.ask("GET", "/articles/tide", Accept_Encoding="gzip, deflate, br")
    assert from_browser.headers.get_all("Content-Encoding") == ["br"], "nginx compressed it again"
    assert proxy.ask("HEAD", "/", Accept_Encoding="br").headers["Content-Encoding"] == "br"
    site = cms.open_site(load_settings(told))
    with site.database.writing() as session:
        session.execute(sa.update(Article).values(title="Ebb"))
        bump(session, ["article:1", "front", "site"])
        session.commit()
    site.database.close()
    after = proxy.ask("GET", "/articles/tide")
    assert b"<h1>Ebb" in after.text or b"Ebb</h1>" in after.text  # type: ignore[attr-defined]


def test_what_is_not_baked_is_the_sites_answer(behind_nginx: tuple[Served, Path]) -> None:
    proxy, log = behind_nginx
    CliRunner(env=told_of(log.parent)).invoke(main, ["bake"])
    for method, path in (
        ("GET", "/articles/"),
        ("GET", "/articles"),
        ("GET", "/articles/tide/"),
        ("GET", "/articles/" + "x" * 300),
        ("GET", "/index"),
        ("GET", "/br/articles/tide"),
        ("POST", "/"),
        ("PUT", "/articles/tide"),
        ("OPTIONS", "/articles/tide"),
    ):
        answer = proxy.ask(method, path, Accept_Encoding="br")
        assert "Content-Security-Policy" in answer.headers, f"nginx itself answered {answer.status} to {path}"
        assert answer.status != 200 or method == "OPTIONS", path


def test_who_waits_for_leave_to_send_a_comment_gets_it(behind_nginx: tuple[Served, Path]) -> None:
    proxy, _ = behind_nginx
    with proxy.connection() as careful:
        asked = b"POST /articles/tide/comments HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n"
        careful.sendall(asked + b"\r\n")
        assert careful.recv(100).startswith(b"HTTP/1.1 100 ")


def test_the_log_tells_of_baked_pages_what_is_read_and_never_a_secret(
    behind_nginx: tuple[Served, Path],
) -> None:
    proxy, log = behind_nginx
    CliRunner(env=told_of(log.parent)).invoke(main, ["bake"])
    for path in ("/", "/articles/tide", "/articles/tide?secret"):
        assert proxy.ask("GET", path).status == 200
    for door in ("letters", "my-comments", "comments"):
        assert proxy.ask("POST", f"/{door}/secret", b"x" * 8_000_000).status == 413
    told = _logged(log, '"POST /comments/-" 413')
    assert '"POST /letters/-" 413' in told
    for path in ("/", "/articles/tide"):
        assert re.search(rf'^- \[[^]]+\] "GET {path}" 200 \d+$', told, re.MULTILINE), path
    assert "secret" not in told
