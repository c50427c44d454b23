"""Whether a comment that was thanked for is ever lost or doubled: a served site, killed again and again under load.

Run: `python tests/benchmarks/durability.py [--kills N] [--workers N] [--json]`. Serves an empty site in a folder of
its own, on SQLite, or on the empty PostgreSQL database of `CMS_DATABASE_URL`. Ends with status 1 where one of the
thanked is lost or doubled, two receipts are given for one comment, or the file is damaged.
"""

import argparse
import dataclasses
import json
import os
import tempfile
from pathlib import Path

import sqlalchemy as sa
from kills import Found, Served, kill_again_and_again

from cms import create_app, db, now_utc, open_site
from cms.articles.models import Article, ArticleStatus
from cms.config import Settings, load_settings

READERS = 4  # two tabs each: more than one worker's threads
WHOLE = 0.85  # of the kills end the whole group, the others one worker


def main() -> None:
    """Kill, look, say what was found."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder))
        _write_article(settings)
        served = Served(settings, workers=asked.workers)
        found = kill_again_and_again(
            served, "/articles/cat", kills=asked.kills, readers=READERS, whole=WHOLE, seed=asked.seed
        )
    figures = {"engine": "postgresql" if settings.database_url else "sqlite", **dataclasses.asdict(found)}
    lines = "\n".join(f"{name}: {value}" for name, value in figures.items())
    print(json.dumps(figures) if asked.json else lines)
    if not _is_well(found):
        raise SystemExit(1)


def _is_well(found: Found) -> bool:
    wrong = found.lost + found.doubled + found.receipts_differing
    return not wrong and found.once == found.acknowledged > 0 and found.integrity == "ok"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7, help="another number kills at other moments")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _settings(instance: Path) -> Settings:
    database = {"database_url": os.environ["CMS_DATABASE_URL"]} if "CMS_DATABASE_URL" in os.environ else {}
    settings = load_settings({}, instance=instance, **database)
    db.migrate(settings)
    return settings


def _write_article(settings: Settings) -> None:
    site, now = open_site(settings), now_utc()
    create_app(site)  # which knows every table
    words = {"slug": "cat", "title": "Cat", "body_html": "<p>Cat.</p>", "body_text": "Cat."}
    dates = {"publish_at": now, "created_at": now, "changed_at": now}
    with site.database.writing() as session:
        session.execute(sa.insert(Article), {**words, **dates, "status": ArticleStatus.PUBLISHED})
        session.commit()
    site.database.close()


if __name__ == "__main__":
    main()
