"""Every file is one sitting, every function one thought, and each says what it is."""

import ast
from collections.abc import Iterator

from tests.house.source import MODULES, ROOT, Module

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
LONGEST_SCRIPT = 120


def test_a_python_file_has_at_most_300_lines() -> None:
    lines = {module.where: len(module.text.splitlines()) for module in MODULES.values()}
    assert not {where: count for where, count in lines.items() if count > LONGEST_FILE}


def test_a_function_has_at_most_50_lines() -> None:
    lines = {
        f"{module.where}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for module in MODULES.values()
        for function in module.functions()
    }
    assert len(lines) > 200
    assert not {name: count for name, count in lines.items() if count > LONGEST_FUNCTION}


def test_a_script_has_at_most_120_lines() -> None:
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in ROOT.glob("static/js/**/*.js")}
    assert lines
    assert not {name: count for name, count in lines.items() if count > LONGEST_SCRIPT}


def test_a_module_begins_with_one_sentence_that_says_what_it_is() -> None:
    wrong = {
        module.where: docstring
        for module in MODULES.values()
        if module.text and not _is_sentence(docstring := ast.get_docstring(module.tree) or "")
    }
    assert not wrong


def _is_sentence(docstring: str) -> bool:
    first = docstring.split("\n\n")[0]
    return first[:1].isupper() and first.endswith(".") and ". " not in first.replace("\n", " ")


def test_everything_public_says_what_it_does() -> None:
    silent = [f"{module.where}:{name}" for module in MODULES.values() for name in _silent(module)]
    assert not silent


def _silent(module: Module) -> Iterator[str]:
    for parent in module.nodes:
        if isinstance(parent, ast.ClassDef) and parent.name.startswith("_"):
            continue
        if isinstance(parent, ast.Module | ast.ClassDef):
            for node in parent.body:
                is_public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
                if is_public and not ast.get_docstring(node):
                    yield node.name
