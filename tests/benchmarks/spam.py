"""How well the filter of spam judges after so many decisions: precision, recall and mistakes by source.

Run: `python tests/benchmarks/spam.py --train FILE… --test FILE… [--orders N] [--threshold N] [--json]`. A file holds one
`{"text", "author"?, "label": "spam"|"ham", "source"}` a line. Decisions are drawn at random from the files to train on,
in several orders; what the program would send to the spam folder for its name and text alone is compared with the labels of
the files to test on. No database is needed: counts are kept as the program keeps them, in memory.
"""

import argparse
import json
import random
import sys
import time
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from cms.comments import classifier, features, habits, signals
from cms.comments.actions.fitting import LESSONS_OF_EACH
from cms.comments.classifier import ENOUGH_OF_EACH, Weights
from cms.comments.likeness import likeness
from cms.comments.signals import Traits
from cms.config import Settings

STEPS = (50, 100, 200, 500, 1000)
ORDERS = 5


@dataclass(frozen=True, slots=True)
class Labelled:
    """A comment whose label is known, with what the filter sees of it."""

    source: str
    is_spam: bool
    shown: tuple[int, ...]
    likeness: int
    measured: habits.Habits


@dataclass(frozen=True, slots=True)
class Judged:
    """What the program makes of a comment: its score, and whether its name and text send it to the spam folder."""

    source: str
    is_spam: bool
    score: int
    is_sent: bool


class Newsroom:
    """What a filter has learnt from decisions, kept in memory as the database keeps it."""

    def __init__(self, threshold: int) -> None:
        """Begin with nothing learnt; `threshold` is the setting of that name."""
        self.threshold = threshold
        self.counts: dict[int, tuple[int, int]] = {}
        self.lessons: dict[bool, list[tuple[int, ...]]] = {True: [], False: []}
        self.known: set[tuple[int, bool]] = set()
        self.weights: Weights | None = None

    def learn(self, comment: Labelled) -> None:
        """Learn one decision; a text teaches once."""
        key = (comment.likeness, comment.is_spam)
        if comment.likeness and key in self.known:
            return
        self.known.add(key)
        self.lessons[comment.is_spam].append(comment.shown)
        for bucket in comment.shown:
            spam, fine = self.counts.get(bucket, (0, 0))
            self.counts[bucket] = (spam + comment.is_spam, fine + (not comment.is_spam))

    def fit(self) -> None:
        """Fit the second opinion, as the timed job does once there is enough of each kind."""
        spam, fine = (self.lessons[kind][: -LESSONS_OF_EACH - 1 : -1] for kind in (True, False))
        if min(len(spam), len(fine)) >= ENOUGH_OF_EACH:
            self.weights = classifier.fit(classifier.alternating(spam, fine))

    def judge(self, comment: Labelled) -> Judged:
        """Judge a comment of which nothing but its name and text is known."""
        words = classifier.opinion(comment.shown, self.counts, self.weights)
        hosts = features.host_buckets(comment.measured.hosts)
        bad_hosts = classifier.bad_hosts(hosts, self.counts)
        traits = Traits(comment.measured, words_percent=words.percent, bad_hosts=bad_hosts)
        reasons = signals.judge(traits)
        is_sent = max(words.certainty, signals.score_without_words(reasons)) >= self.threshold
        return Judged(comment.source, comment.is_spam, signals.score(reasons), is_sent)


def main() -> None:
    """Learn, judge, print."""
    asked = _arguments()
    began = time.perf_counter()
    train, test = _read(asked.train), _read(asked.test)
    reading = 1000 * (time.perf_counter() - began) / max(1, len(train) + len(test))
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    newsroom = Newsroom(asked.threshold)
    for order in range(asked.orders):
        drawn = random.Random(order).sample(train, len(train))
        newsroom = Newsroom(asked.threshold)
        for done, comment in enumerate(drawn, start=1):
            newsroom.learn(comment)
            if done in STEPS:
                runs[str(done)].append(_measured(newsroom, test))
        if order == 0:  # all decisions in another order are nearly the same, and fitting takes its time
            runs["all"].append(_measured(newsroom, test))
    figures = {
        "after": {step: _together(found) for step, found in runs.items()},
        "cost": _cost(newsroom, test, reading),
    }
    json.dump(figures, sys.stdout) if asked.json else _print(figures)
    print()


def _measured(newsroom: Newsroom, test: Sequence[Labelled]) -> dict[str, Any]:
    newsroom.fit()
    judged = [newsroom.judge(comment) for comment in test]
    by_source: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_source[one.source].append(one)
    sources = {source: _figures(some) for source, some in sorted(by_source.items())}
    return {**_figures(judged), "auc": _auc(judged), "sources": sources}


def _figures(judged: Iterable[Judged]) -> dict[str, Any]:
    """Return precision, recall and false-positive rate; None where there is nothing to divide by."""
    cases = [(one.is_spam, one.is_sent) for one in judged]
    right, wrong = cases.count((True, True)), cases.count((False, True))
    spam, fine = right + cases.count((True, False)), wrong + cases.count((False, False))
    return {
        "precision": right / (right + wrong) if right + wrong else None,
        "recall": right / spam if spam else None,
        "false_positive_rate": wrong / fine if fine else None,
        "spam": spam,
        "ham": fine,
    }


def _auc(judged: Sequence[Judged]) -> float | None:
    """Return how likely a spam comment has a higher score than a fine one, ties counting half."""
    spam = sum(one.is_spam for one in judged)
    if not spam or spam == len(judged):
        return None
    places: dict[int, list[int]] = defaultdict(list)
    for place, score in enumerate(sorted(one.score for one in judged), start=1):
        places[score].append(place)
    ranks = sum(fmean((places[one.score][0], places[one.score][-1])) for one in judged if one.is_spam)
    return (ranks - spam * (spam + 1) / 2) / (spam * (len(judged) - spam))


def _together(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the means over all orders, and the worst precision of any."""
    precisions = [one["precision"] for one in found if one["precision"] is not None]
    sources = {source: _means([one["sources"][source] for one in found]) for source in found[0]["sources"]}
    worst = min(precisions, default=None)
    return {**_means(found), "worst_precision": worst, "auc": _mean(found, "auc"), "sources": sources}


def _means(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = ("precision", "recall", "false_positive_rate", "spam", "ham")
    return {name: _mean(found, name) for name in names}


def _mean(found: Sequence[dict[str, Any]], name: str) -> float | None:
    values = [one[name] for one in found if one[name] is not None]
    return fmean(values) if values else None


def _cost(newsroom: Newsroom, test: Sequence[Labelled], reading: float) -> dict[str, float]:
    """Return milliseconds a comment, without a database's share, and megabytes of what was learnt."""
    some = test[:500]
    began = time.perf_counter()
    for comment in some:
        newsroom.judge(comment)
    judging = 1000 * (time.perf_counter() - began) / max(1, len(some))
    began = time.perf_counter()
    newsroom.fit()
    weights = zlib.compress(array("f", newsroom.weights or ()).tobytes(), level=1)
    lessons = sum(4 * len(shown) for kind in newsroom.lessons.values() for shown in kind)
    return {
        "milliseconds_to_see": reading,
        "milliseconds_to_judge": judging,
        "seconds_to_fit": time.perf_counter() - began,
        "megabytes_of_counts": 12 * len(newsroom.counts) / 1e6,
        "megabytes_of_weights": len(weights) / 1e6,
        "megabytes_of_lessons": lessons / 1e6,
    }


def _read(paths: Iterable[Path]) -> list[Labelled]:
    rows = [
        json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()
    ]
    return [_labelled(row) for row in rows]


def _labelled(row: dict[str, Any]) -> Labelled:
    name, text = row.get("author") or "", row["text"]
    return Labelled(
        source=row.get("source") or "",
        is_spam=row["label"] == "spam",
        shown=features.buckets(name, text),
        likeness=likeness(text),
        measured=habits.measured(name, text),
    )


def _print(figures: dict[str, Any]) -> None:
    for step, one in figures["after"].items():
        worst = _share(one["worst_precision"])
        print(f"\nafter {step} decisions: AUC {_share(one['auc'])}, worst precision {worst}")
        print(f"{'source':24}{'precision':>10}{'recall':>8}{'false +':>9}{'spam':>7}{'fine':>7}")
        for source, found in {"all": one, **one["sources"]}.items():
            shares = (found["precision"], found["recall"], found["false_positive_rate"])
            precision, recall, wrong = map(_share, shares)
            counts = f"{found['spam']:>7.0f}{found['ham']:>7.0f}"
            print(f"{source[:23]:24}{precision:>10}{recall:>8}{wrong:>9}{counts}")
    print()
    for name, cost in figures["cost"].items():
        print(f"{name.replace('_', ' ')}: {cost:.2f}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how well the filter of spam judges.")
    parser.add_argument(
        "--train", type=Path, nargs="+", required=True, help="files of decisions to learn from"
    )
    parser.add_argument("--test", type=Path, nargs="+", required=True, help="files to judge")
    parser.add_argument("--orders", type=int, default=ORDERS, help="in how many orders decisions are drawn")
    parser.add_argument("--threshold", type=int, default=Settings().spam_threshold, help="spam_threshold")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    main()
