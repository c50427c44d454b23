"""The house as its rules look at it: every Python module with its syntax tree, its place and its imports."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cms"
FEATURES = frozenset(
    {
        "articles",
        "comments",
        "moderation",
        "reports",
        "desk",
        "accounts",
        "privacy",
        "exchange",
        "pages",
        "limits",
        "outbox",
        "pictures",
    }
)
ROOMS = (
    "text",
    "storage",
    "keys",
    "serving",
    "answering",
)  # of what no feature owns, each above those before it
LAYERS = (
    ("rules",),
    ("models",),
    ("queries",),
    ("writes",),
    ("actions",),
    ("forms", "guard"),
    ("views", "feeds", "commands"),
)
LAYER_OF = {name: height for height, names in enumerate(LAYERS) for name in names}
DOORS = frozenset({"cms", "cms.cli", "cms.wsgi", "cms.front"})


@dataclass(frozen=True)
class Module:
    """One Python file of the program."""

    path: Path

    @property
    def name(self) -> str:
        """The dotted name by which others import it."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def where(self) -> str:
        """The path as a failing test names it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def feature(self) -> str:
        """The feature in whose folder it lies, empty for a root module."""
        parts = self.path.relative_to(PACKAGE).parts
        return parts[0] if parts[0] in FEATURES else ""

    @property
    def room(self) -> str:
        """The room in whose folder it lies, empty where that is none."""
        parts = self.path.relative_to(PACKAGE).parts
        return parts[0] if parts[0] in ROOMS else ""

    @property
    def file_name(self) -> str:
        """The file name that the import rule goes by: for `queries/log.py` that is `queries`."""
        return self.path.relative_to(PACKAGE).parts[1].removesuffix(".py") if self.feature else ""

    @cached_property
    def text(self) -> str:
        """What stands in it."""
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree: the rules look through them often, and to walk anew costs more than to parse."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def imports(self) -> frozenset[str]:
        """Every module that it imports anywhere, under `TYPE_CHECKING` and inside functions too."""
        return frozenset(_imports(self.nodes))

    @property
    def outside_imports(self) -> frozenset[str]:
        """The top names of what it imports that is neither ours nor the standard library's."""
        tops = {name.partition(".")[0] for name in self.imports}
        return frozenset(tops - sys.stdlib_module_names - {"cms"})

    @property
    def own_imports(self) -> frozenset[str]:
        """What it imports of ours."""
        return frozenset(name for name in self.imports if name.partition(".")[0] == "cms")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function and method, inner ones too."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def names(self) -> set[str]:
        """Return every name and attribute that its code uses."""
        found = {node.id for node in self.nodes if isinstance(node, ast.Name)}
        found |= {node.attr for node in self.nodes if isinstance(node, ast.Attribute)}
        return found | {
            alias.name for node in self.nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        }


def _imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, "imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if is_ours(inner) else node.module


def is_ours(name: str) -> bool:
    """Tell whether a dotted name is a module or package of the program."""
    path = ROOT.joinpath(*name.split("."))
    return name.partition(".")[0] == "cms" and (
        path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
    )


def modules() -> list[Module]:
    """Return every module of the program but migrations, which are never edited once released."""
    return [Module(path) for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]


MODULES = {module.name: module for module in modules()}


@cache
def pure_modules() -> frozenset[str]:
    """Return the modules that import only the standard library and one another: they count as rules."""
    pure = {
        name
        for name, module in MODULES.items()
        if not module.outside_imports and (module.file_name == "rules" or module.file_name not in LAYER_OF)
    }
    while True:
        still = {name for name in pure if MODULES[name].own_imports <= pure | {"cms"}}
        if still == pure:
            return frozenset(pure)
        pure = still
