"""How long an import takes and how much memory, for an export of a given size made here.

Run: `python tests/benchmarks/imports.py [--megabytes N | --posts N --comments N] [--again] [--json]`.
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cms import now_utc, open_site
from cms.config import load_settings

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Measured</title><link>https://old.example</link><language>en</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://old.example</wp:base_blog_url>
"""
SYLLABLES = "ba ke li mo nu ra se ti vo du fa ge hi jo ku".split()
WORDS = ["".join(parts) for parts in itertools.product(SYLLABLES, repeat=3)]  # 3,375, as many as a paper uses
PARAGRAPH = 60  # words
COMMENTS_EACH = 5


def main() -> None:
    """Make an export, bring it in, print seconds and memory."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        posts, comments = _write(path, asked)
        figures: dict[str, Any] = {
            "posts": posts,
            "comments": comments,
            "megabytes": path.stat().st_size / 1e6,
        }
        site = open_site(_settings(Path(folder) / "instance"))
        # open_site has loaded most modules: what comes on top is the import's own.
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        made = _processor_seconds()
        figures["seconds"] = _seconds(site, path)
        own, cleaners = (after - earlier for after, earlier in zip(_processor_seconds(), made, strict=True))
        figures["processor_seconds"], figures["processor_seconds_of_cleaners"] = own, cleaners
        figures["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures["megabytes_before"] = before / 1024
        if asked.again:
            figures["seconds_again"] = _seconds(site, path)
        site.database.close()
    figures["megabytes_a_second"] = figures["megabytes"] / figures["seconds"]
    figures["memory_to_file"] = (figures["peak_megabytes"] - figures["megabytes_before"]) / figures[
        "megabytes"
    ]
    rounded = {name: round(value, 2) for name, value in figures.items()}
    print(
        json.dumps(rounded)
        if asked.json
        else "\n".join(f"{name}: {value}" for name, value in rounded.items())
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--megabytes", type=float, default=100, help="size of the export when --posts is not given"
    )
    parser.add_argument("--posts", type=int, default=0)
    parser.add_argument("--comments", type=int, default=0)
    parser.add_argument(
        "--again", action="store_true", help="measure a second run too, which brings in nothing"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _settings(instance: Path) -> Any:
    database = {"database_url": os.environ["CMS_DATABASE_URL"]} if "CMS_DATABASE_URL" in os.environ else {}
    return load_settings({}, instance=instance, **database)


def _seconds(site: Any, path: Path) -> float:
    # Not above: each process that cleans begins by importing this file, and `cms import` gives it less to import.
    from cms.exchange.actions.wordpress import import_wxr

    began = time.perf_counter()
    with path.open("rb") as stream, contextlib.redirect_stdout(sys.stderr):
        report = import_wxr(site, stream, now=now_utc())
    if not (report.articles or report.unchanged):
        raise SystemExit("nothing came in")
    return time.perf_counter() - began


def _processor_seconds() -> tuple[float, float]:
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime, others.ru_utime + others.ru_stime


def _write(path: Path, asked: argparse.Namespace) -> tuple[int, int]:
    """Write an export and return how many posts and comments it has."""
    chance = random.Random(7)
    posts = comments = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        while posts < asked.posts or (not asked.posts and file.tell() < asked.megabytes * 1e6):
            posts += 1
            each = asked.comments * posts // asked.posts - comments if asked.posts else COMMENTS_EACH
            file.write(_post(chance, posts, "".join(_comments(chance, comments, each))))
            comments += each
        file.write("</channel></rss>")
    return posts, comments


def _post(chance: random.Random, number: int, comments: str) -> str:
    body = "\n\n".join(_text(chance, PARAGRAPH) for _ in range(chance.randint(4, 12)))
    tags = "".join(
        f'<category domain="post_tag" nicename="{word}"><![CDATA[{word}]]></category>'
        for word in chance.sample(WORDS, 3)
    )
    day = f"{2005 + number % 20}-{1 + number % 12:02}-{1 + number % 28:02} 0{number % 10}:00:00"
    return (
        f"<item><title>{_text(chance, 6)}</title><link>https://old.example/{day[:4]}/{number}-post/</link>"
        f"<dc:creator>author-{number % 40}</dc:creator><guid>https://old.example/?p={number}</guid>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded><excerpt:encoded></excerpt:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_date_gmt>{day}</wp:post_date_gmt><wp:post_date>{day}</wp:post_date>"
        f"<wp:post_name>{number}-post</wp:post_name><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>"
        f'<category domain="category" nicename="section-{number % 8}">Section {number % 8}</category>{tags}{comments}</item>\n'
    )


def _comments(chance: random.Random, before: int, number: int) -> Iterator[str]:
    for place in range(number):
        own = before + place + 1
        parent = own - 1 if place and chance.random() < 0.4 else 0
        text = _text(chance, chance.randint(8, 70))
        if chance.random() < 0.2:
            text += f"\n\nSee <a href='https://example.org/{own}'>this</a> &amp; <em>that</em>."
        yield (
            f"<wp:comment><wp:comment_id>{own}</wp:comment_id><wp:comment_author>Reader {own % 900}</wp:comment_author>"
            f"<wp:comment_author_email>reader{own % 900}@example.org</wp:comment_author_email>"
            f"<wp:comment_author_IP>192.0.2.1</wp:comment_author_IP><wp:comment_date_gmt>2024-01-02 03:04:05"
            f"</wp:comment_date_gmt><wp:comment_content><![CDATA[{text}]]></wp:comment_content>"
            f"<wp:comment_approved>1</wp:comment_approved><wp:comment_type></wp:comment_type>"
            f"<wp:comment_parent>{parent}</wp:comment_parent></wp:comment>"
        )


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."


if __name__ == "__main__":
    main()
