"""Style sheets and scripts are ours, by hand, and keep to the habits of the house."""

import re
from pathlib import Path

from cms.sanitize import ARTICLE_CLASSES
from tests.house.pages_source import SCRIPTS, SHEETS, rules_of
from tests.house.source import ROOT

LONGEST_LINE = 300  # a minified file of somebody else has thousands
PHYSICAL = re.compile(
    r"^(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)(?:-\w+)?"
    r"|left|right|top|bottom|(?:min-|max-)?(?:width|height))\s*:"
    r"|^(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)
IMPORTED = re.compile(r'^import .* from "(\.\.?/[\w-]+\.js)";$', re.MULTILINE)
DECLARATIONS = [
    (sheet.name, text)
    for sheet in SHEETS
    for kind, text in rules_of(sheet.read_text("utf-8"))
    if kind == "declaration"
]
PRELUDES = [
    (sheet.name, text)
    for sheet in SHEETS
    for kind, text in rules_of(sheet.read_text("utf-8"))
    if kind == "prelude"
]


def test_the_sheets_are_read_as_selectors_and_declarations() -> None:
    assert list(
        rules_of("a { color: #fff; @media (width > 3em) { &.b { inset: 0 } } } /* #no { x: y } */")
    ) == [
        ("prelude", "a"),
        ("declaration", "color: #fff"),
        ("prelude", "@media (width > 3em)"),
        ("prelude", "&.b"),
        ("declaration", "inset: 0"),
    ]
    assert len(DECLARATIONS) > 200


def test_no_selector_names_an_id() -> None:
    assert not [(name, text) for name, text in PRELUDES if "#" in text]


def test_every_class_that_an_author_may_use_has_its_rule() -> None:
    allowed = {name for names in ARTICLE_CLASSES.values() for name in names}
    assert {name for name in allowed if not any(f".{name}" in text for _, text in PRELUDES)} == set()


def test_nothing_is_important() -> None:
    assert not [(name, text) for name, text in DECLARATIONS if "!important" in text.replace(" ", "")]


def test_properties_are_logical() -> None:
    assert PHYSICAL.match("margin-left: 1em")
    assert PHYSICAL.match("text-align: right")
    assert not PHYSICAL.match("margin-inline-start: 1em")
    assert not [(name, text) for name, text in DECLARATIONS if PHYSICAL.match(text)]


def test_every_sheet_stands_in_a_layer() -> None:
    layers = (ROOT / "static/css/layers.css").read_text("utf-8")
    order = re.search(r"@layer ([^;]+);", layers)
    assert order
    assert order[1].replace(" ", "").split(",") == ["reset", "base", "components", "pages", "print"]
    firsts = {sheet.name: next(rules_of(sheet.read_text("utf-8")))[1] for sheet in SHEETS}
    assert not {name: first for name, first in firsts.items() if not first.startswith("@layer ")}


def test_static_files_are_written_by_hand_and_ask_no_other_host() -> None:
    files = [*SHEETS, *SCRIPTS]
    lines = {path.name: max(map(len, path.read_text("utf-8").splitlines()), default=0) for path in files}
    assert not {name: longest for name, longest in lines.items() if longest > LONGEST_LINE}
    assert not [
        path.name for path in files if re.search(r"https?:|url\(\s*['\"]?//|@import", path.read_text("utf-8"))
    ]


def test_static_holds_only_kinds_of_file_that_we_write() -> None:
    kinds = {path.suffix for path in (ROOT / "static").rglob("*") if path.is_file()}
    assert kinds <= {".css", ".js", ".svg", ".png", ".woff2", ".txt"}


def test_a_script_adds_to_what_it_finds_by_a_data_attribute() -> None:
    assert SCRIPTS
    texts = {path.name: path.read_text("utf-8") for path in SCRIPTS}
    # A worker has no page; what imports another script touches the page by what that has found.
    touching = {name: text for name, text in texts.items() if "document" in text or IMPORTED.search(text)}
    assert len(touching) >= len(texts) - 2  # nor is one needed to keep words
    imported = {name: [Path(other).name for other in IMPORTED.findall(text)] for name, text in texts.items()}
    among_others = {name for name, others in imported.items() if others} | set().union(*imported.values())
    assert not [name for name, text in touching.items() if "[data-" not in text and name not in among_others]
    assert not [
        path.name
        for path in SCRIPTS
        if re.search(r"\beval\(|innerHTML|document\.write", path.read_text("utf-8"))
    ]


def test_a_script_imports_scripts_beside_or_above_it_and_none_that_imports_it() -> None:
    above = {
        path: {(path.parent / name).resolve() for name in IMPORTED.findall(path.read_text("utf-8"))}
        for path in SCRIPTS
    }
    lines = sum(path.read_text("utf-8").count("\nimport ") for path in SCRIPTS)
    assert sum(map(len, above.values())) >= lines > 0, "written in another way, which gets no fingerprint"
    while above:
        free = {path for path, needed in above.items() if not needed & above.keys()}
        assert free, f"a circle: {sorted(path.name for path in above)}"
        above = {path: needed for path, needed in above.items() if path not in free}
