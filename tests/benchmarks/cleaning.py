"""How long a comment takes to clean, at the longest that is taken, for the worst that anybody has thought of.

Run: `python tests/benchmarks/cleaning.py [FOLDER] [--json]`, where FOLDER holds hostile comments as `*.txt`. Without
it, those that this file makes are measured. Each is cut to the longest comment; figures are medians in milliseconds,
and `ratio` is the worst over honest prose of the same length, which does not depend on the machine.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from cms.config import Settings
from cms.sanitize import comment_html, comment_text

ROUNDS = 15
LONGEST = int(Settings.__dataclass_fields__["comment_max_chars"].default)
HONEST = "The last tram leaves when the driver has finished her tea, and not before that. "
MADE = {
    "nested lists": "<ul><li>",
    "nested quotes": "<blockquote>",
    "nested bold": "<b>",
    "unclosed links": '<a href="https://example.org/">',
    "lesser signs": "<",
    "entities": "&amp;",
    "ampersands": "&",
    "addresses": "https://example.org/?a=b ",
    "brackets": "[](",
    "newlines": "\n",
    "comments": "<!--",
    "marks on a letter": "e\u0301\u0301\u0301",
    "bidi": "\u202e\u2066",
    "misnested": "<b><i></b></i>",
}


def main() -> None:
    """Clean, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    texts = {name: piece * LONGEST for name, piece in MADE.items()}
    if asked.folder:
        found = sorted(asked.folder.glob("*.txt"))
        texts |= {file.name: file.read_bytes().decode("utf-8", "replace") for file in found}
    honest = _milliseconds(HONEST * LONGEST)
    taken = {name: _milliseconds(text) for name, text in texts.items()}
    worst = max(taken, key=taken.__getitem__)
    figures = {
        "honest_ms": round(honest, 2),
        "worst": worst,
        "worst_ms": round(taken[worst], 2),
        "ratio": round(taken[worst] / honest, 2),
        "each_ms": {name: round(value, 2) for name, value in sorted(taken.items(), key=lambda one: -one[1])},
    }
    print(
        json.dumps(figures)
        if asked.json
        else "\n".join(f"{name}: {value}" for name, value in figures.items())
    )


def _milliseconds(text: str) -> float:
    cut, rounds = text[:LONGEST], []
    for _ in range(ROUNDS):
        began = time.process_time()  # others may be at work on the machine
        comment_html(comment_text(cut))
        rounds.append((time.process_time() - began) * 1000)
    return statistics.median(rounds)


if __name__ == "__main__":
    main()
