"""Templates, style sheets and scripts as the rules of the house look at them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from jinja2 import Environment, nodes

from tests.house.source import ROOT

TEMPLATES = sorted(
    path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.*")
)
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
EXPRESSION = "0"  # stands where a template puts a value in: no letter, and good in a tag name
ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701  # reads templates, shows none


@dataclass
class Markup(HTMLParser):
    """The HTML that stands in a template, with its values taken out."""

    source: str
    texts: list[str] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def text_of(template: str) -> str:
    """Return what stands in a template."""
    return (ROOT / "templates" / template).read_text("utf-8")


def markup_of(source: str) -> Markup:
    """Return the HTML of a template's source; each `{{ … }}` is one placeholder, blocks and comments are gone."""
    parts, inside = [], False
    for _, kind, value in ENVIRONMENT.lex(source):
        if kind in {"variable_begin", "block_begin", "comment_begin"}:
            inside = True
            parts.append(EXPRESSION if kind == "variable_begin" else "")
        elif kind in {"variable_end", "block_end", "comment_end"}:
            inside = False
        elif not inside and kind == "data":
            parts.append(value)
    return Markup("".join(parts))


def strings_outside_the_catalogue(source: str) -> Iterator[str]:
    """Yield the strings of a template's expressions that are not handed to the catalogue."""
    tree = ENVIRONMENT.parse(source)
    translated = {
        id(inner)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in {"_", "gettext", "ngettext"}
        for inner in call.find_all(nodes.Const)
    }
    for node in tree.find_all(nodes.Const):
        if isinstance(node.value, str) and id(node) not in translated:
            yield node.value


def filters_of(source: str, names: set[str]) -> Iterator[tuple[str, str]]:
    """Yield each use of these filters with the last name of what it is put on."""
    for node in ENVIRONMENT.parse(source).find_all(nodes.Filter):
        if node.name in names:
            yield node.name, getattr(node.node, "attr", getattr(node.node, "name", ""))


def rules_of(css: str) -> Iterator[tuple[str, str]]:
    """Yield the preludes (`selector`, `@media …`) and declarations of a style sheet, each with its kind."""
    bare = re.sub(r'/\*.*?\*/|"[^"]*"', "", css, flags=re.DOTALL)
    for text, end in re.findall(r"([^{};]*)([{};])", bare):
        if text.strip():
            yield ("prelude" if end == "{" else "declaration"), " ".join(text.split())
