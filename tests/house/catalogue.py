"""Collects every sentence of the program; `python -m tests.house.catalogue` brings the catalogues up to date.

The command adds what is new with an empty translation, takes out what nobody says any more, sorts, and
leaves headers and translations as they are. Then fill in each empty `msgstr` of ur.po and ar.po; a comment
`# native reader: …` above a sentence asks someone who grew up with the language to look at it.
"""

import ast
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, meta

from tests.house.source import MODULES, ROOT, Module

LANGUAGES = ROOT / "cms" / "languages"
TEMPLATES = ROOT / "templates"
# As cms/web.py sets Jinja up: the spaces of a `{% trans %}` block depend on it.
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
STAFFS = frozenset({"accounts", "desk", "moderation", "staff.html"})
SHARED = "macros"  # a reader's only where a reader's page uses them
READERS_MODULES = (
    "cms.articles",
    "cms.comments",
    "cms.outbox",
    "cms.pages",
    "cms.privacy",
    "cms.reports",
    "cms.web",
)
READERS_TABLES = frozenset(
    {"PUBLIC_SENTENCES", "PUBLIC_CORRECTION_SENTENCES"}
)  # a receipt says these, though moderation holds them
_PLACEHOLDER = re.compile(r"%(?:\(\w+\)s|.|$)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence by its English words: `many` is '' for one without a number; `readers` may see it."""

    one: str
    many: str
    readers: bool


@cache
def sentences() -> dict[str, Sentence]:
    """Return every sentence of the templates and of the program, by its (singular) English words."""
    found: dict[str, Sentence] = {}
    for sentence in (*_in_templates(), *_in_program()):
        known = found.setdefault(sentence.one, sentence)
        assert known.many == sentence.many, f"said both with and without a plural: {sentence.one!r}"
        if sentence.readers:
            found[sentence.one] = sentence
    return found


def uncollectable() -> list[str]:
    """Return each `say()` that no catalogue can know of.

    It knows words that stand there, a constant of a module, `SOME_SENTENCES[key]`, and a variable
    `sentence` taken from such a table.
    """
    return [
        f"{module.where}:{call.lineno}"
        for module in MODULES.values()
        for call in _calls(module, "say")
        if not _is_collectable(call.args[0])
    ]


def readers_templates() -> frozenset[str]:
    """Return the names of the templates that a reader's pages are made of, macros included."""
    jinja = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    uses = {
        path.relative_to(TEMPLATES).as_posix(): set(
            meta.find_referenced_templates(jinja.parse(path.read_text("utf-8")))
        )
        for path in _template_files()
    }
    found = {name for name in uses if name.split("/")[0] not in STAFFS | {SHARED}}
    while more := {used for name in found for used in uses[name] if used} - found:
        found |= more
    return frozenset(found)


def catalogue_of(language: str) -> Catalog:
    """Return a catalogue as it stands in its file."""
    with (LANGUAGES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def messages_of(catalogue: Catalog) -> list[Message]:
    """Return a catalogue's sentences without its header."""
    return [message for message in catalogue if message.id]


def untranslated(language: str) -> set[str]:
    """Return the (singular) English words of what a catalogue has no words for, or not in every plural form."""
    return {
        forms(message.id)[0]
        for message in messages_of(catalogue_of(language))
        if not all(forms(message.string)) or message.fuzzy
    }


def forms(string: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return a translation's plural forms; one for a sentence without a number."""
    return (string,) if isinstance(string, str) else tuple(string or ("",))


def placeholders(text: str) -> set[str]:
    """Return what `%` begins in a sentence: `%(name)s`, `%%`, or something that would break it."""
    return set(_PLACEHOLDER.findall(text))


def up_to_date(language: str, wanted: Iterable[Sentence]) -> str:
    """Return the text of a catalogue with exactly the wanted sentences, its header as it stands."""
    before, after = catalogue_of(language), Catalog(locale=language)
    for sentence in wanted:
        key = (sentence.one, sentence.many) if sentence.many else sentence.one
        known = before.get(sentence.one)
        if known is not None and known.id == key:
            after.add(key, known.string, user_comments=known.user_comments)
        else:
            empty = ("",) * before.num_plurals if sentence.many else ""
            after.add(key, key if sentence.many and language == "en" else empty)
    entries = io.BytesIO()
    write_po(entries, after, width=0, no_location=True, omit_header=True, sort_output=True)
    header, _, _ = (LANGUAGES / f"{language}.po").read_text("utf-8").partition("\n\n")
    return f"{header.strip()}\n\n{entries.getvalue().decode().strip()}\n"


def main() -> None:
    """Bring every catalogue up to date; print what each still lacks."""
    wanted = sentences().values()
    for path in sorted(LANGUAGES.glob("*.po")):
        path.write_text(up_to_date(path.stem, wanted), "utf-8")
        if path.stem != "en":
            missing = untranslated(path.stem)
            print(f"{path.name}: {len(missing)} of {len(wanted)} sentences are not translated")


def _in_templates() -> Iterator[Sentence]:
    readers = readers_templates()
    for path in _template_files():
        name = path.relative_to(TEMPLATES).as_posix()
        with path.open("rb") as file:
            for _line, words, _comments, _context in extract(
                "jinja2.ext:babel_extract", file, KEYWORDS, options=dict(JINJA)
            ):
                one, many = (words, "") if isinstance(words, str) else words[:2]
                yield Sentence(one, many, name in readers)


def _in_program() -> Iterator[Sentence]:
    for module in MODULES.values():
        readers = module.name.startswith(READERS_MODULES)
        for call in (*_calls(module, "say"), *_calls(module, "sentence")):
            yield from (Sentence(word, "", readers) for word in _literals(call.args[0]))
        for call in (*_calls(module, "plural"), *_calls(module, "say_minutes")):
            words = [word for argument in call.args[:2] for word in _literals(argument)]
            if len(words) == 2:
                yield Sentence(words[0], words[1], readers)
        for name, table in _tables(module):
            for value in table.values:
                yield from (
                    Sentence(word, "", readers or name in READERS_TABLES) for word in _literals(value)
                )


def _tables(module: Module) -> Iterator[tuple[str, ast.Dict]]:
    """Yield each dict of the module whose name ends in SENTENCES."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            name = _last_name(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            if name.endswith("SENTENCES"):
                assert isinstance(node.value, ast.Dict), f"{module.where}: {name} is a dict"
                yield name, node.value


def _calls(module: Module, function: str) -> Iterator[ast.Call]:
    for node in module.nodes:
        if isinstance(node, ast.Call) and _last_name(node.func) == function and node.args:
            yield node


def _is_collectable(sentence: ast.expr) -> bool:
    if isinstance(sentence, ast.IfExp):
        return _is_collectable(sentence.body) and _is_collectable(sentence.orelse)
    if isinstance(sentence, ast.Subscript):
        return _last_name(sentence.value).endswith("SENTENCES")
    taken_from_table = _last_name(sentence) == "sentence"
    return taken_from_table or bool(_literals(sentence))


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_literals(node.body), *_literals(node.orelse)]
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    name = _last_name(node)
    return _constants().get(name, []) if name.isupper() else []


@cache
def _constants() -> dict[str, list[str]]:
    """Return every string that a module holds under a name in capitals, by that name."""
    found: dict[str, list[str]] = {}
    for module in MODULES.values():
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                found.setdefault(_last_name(node.targets[0]), []).extend(_literals(node.value))
    return found


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@cache
def _template_files() -> tuple[Path, ...]:
    return tuple(sorted(path for path in TEMPLATES.rglob("*") if path.is_file()))


if __name__ == "__main__":
    main()
