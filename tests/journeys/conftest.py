"""A real Chromium in front of a real `cms serve`, with the demonstration newspaper behind it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

import cms
from cms.accounts.rules import Role
from cms.config import Settings
from cms.exchange.actions.demo import STAFF, make_demo
from tests.conftest import IN_CI, NO_WAITING
from tests.factories import PASSWORD
from tests.house.source import ROOT
from tests.journeys.visitor import Paper, Visitor

# The shell is Chromium without windows: a visitor costs it 0.2 s of processor time, in a window 0.8 (measured).
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FEATURES_OFF = (
    # A window would start two processes more: for what its address bar may drop down, and for a site to come (measured).
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",
    # What playwright switches off, since Chromium hears only who speaks last: what would ask the network,
    "AimEnabled",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PreconnectToSearch",
    # and what would show a page that is no longer there, or ask it before it leaves.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
CHROMIUM_FLAGS = [
    "--no-sandbox",  # in a container Chromium's own sandbox cannot be built
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(FEATURES_OFF)}",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
READY_SECONDS = 60.0
expect.set_options(timeout=30_000)  # as for a click: the 5 s are over before a busy machine has answered


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give an installed Chromium; skip visibly, or fail in CI, where there is none."""
    names = [os.environ.get("CMS_TEST_CHROMIUM", ""), *CHROMIUM_NAMES]
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        reason = (
            f"no browser: none of {', '.join(CHROMIUM_NAMES)} is installed, and CMS_TEST_CHROMIUM names none"
        )
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a demonstration newspaper, made once and copied for each server."""
    folder = tmp_path_factory.mktemp("demo")
    site = cms.open_site(Settings(instance=folder, sqlite_synchronous=NO_WAITING))
    make_demo(site, dict.fromkeys(STAFF, PASSWORD), cms.now_utc())
    site.database.close()
    return folder


@pytest.fixture(scope="session")
def paper(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """Give the demonstration newspaper, served by the command that serves any site."""
    with served(demo, tmp_path_factory.mktemp("paper")) as found:
        yield found


@contextmanager
def served(demo: Path, folder: Path, **settings: str) -> Iterator[Paper]:
    """Give a demonstration newspaper in `folder`, served with some CMS_* of its own."""
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}
    environ |= {
        "CMS_INSTANCE": str(folder),
        "CMS_BASE_URL": base_url,
        "CMS_RATE_LIMITS": "off",
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    command = [sys.executable, "-m", "cms.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    log = folder / "server.log"
    with log.open("wb") as written:
        server = subprocess.Popen(command, cwd=folder, env=environ, stdout=written, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_answers(f"{base_url}/healthz", server, log)
            yield Paper(base_url)
        finally:
            server.terminate()
            server.wait(timeout=40)


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own server
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server does not answer:\n{log.read_text('utf-8', 'replace')}")


@pytest.fixture
def visitor(browser: Browser, paper: Paper) -> Iterator[Callable[..., Visitor]]:
    """Give a way to open windows; each is looked at for errors, refusals and foreign requests at the end."""
    opened: list[Visitor] = []

    def _open(role: Role | None = None, **options: object) -> Visitor:
        someone = Visitor.arriving(browser, paper, role, **options)
        opened.append(someone)
        return someone

    yield _open
    for someone in opened:
        someone.leave()
    complaints = [complaint for someone in opened for complaint in someone.complaints]
    assert not complaints
