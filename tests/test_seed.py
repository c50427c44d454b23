"""A paper made for measuring is one that the program itself could have come to."""

import json
import os
import subprocess
import sys

import cms
from cms.config import Settings, load_settings
from tests.conftest import Clock
from tests.house.source import ROOT
from tests.reader import Reader

SEED = ROOT / "tests" / "benchmarks" / "seed.py"


def test_a_seeded_paper_reads_and_waits_for_its_moderators(settings: Settings) -> None:
    asked = ("--articles", "60", "--comments", "300", "--held", "40", "--json")
    place = {"CMS_INSTANCE": str(settings.instance), "CMS_DATABASE_URL": settings.database_url}
    ran = subprocess.run(
        [sys.executable, SEED, *asked],
        env={**os.environ, **place},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["comments"] == 300
    site = cms.open_site(load_settings({}, instance=settings.instance, database_url=settings.database_url))
    app = cms.create_app(site, Clock(cms.now_utc()))
    reader = Reader(app)
    newest = reader.page("/").all("a")
    paths = [attrs["href"] for attrs, _ in newest if attrs["href"].startswith("/articles/")]
    assert len(set(paths)) == 20
    for path in ("/authors/author-1", "/tags/tag-1", "/sections/section-1", paths[0]):
        reader.page(path)
    site.database.close()
