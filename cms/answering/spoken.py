"""Templates for one language: its sentences are put into them when they are compiled."""

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer

from cms.languages import Language

_VALUE = re.compile(r"%\((\w+)\)s|%%")


class ShowingOnce(CodeGenerator):
    """Compiles templates so that what `once()` returns is not escaped: it is safe already, and escaping would copy it."""

    # Any: Jinja's own, not named
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "once":
            self.write("(")
        else:
            super()._output_child_pre(node, frame, finalize)


class SpokenEnvironment(Environment):
    """Flask's templates, compiled once for each language.

    The sentences of a page are then constants of its template. To look them up while the page is made took 2 of the
    19 ms of an article with 50 comments (measured).
    """

    code_generator_class = ShowingOnce
    language: Language | None = None

    def speaking(self, language: Language) -> "SpokenEnvironment":
        """Return the same templates with the sentences of `language` in them."""
        spoken = self.overlay()
        spoken.language = language
        return spoken

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: the environment's own mapping where the template adds none.

        Jinja would wrap it in a ChainMap, which is walked for each macro that is imported. That took a tenth of the time
        of an article's template (measured).
        """
        return super().make_globals(d) if d else self.globals

    def compile(self, source: Any, *args: Any, **kwargs: Any) -> Any:  # Any: Jinja overloads it
        """Compile a template after its sentences were replaced by their words in the language."""
        if self.language is not None and isinstance(source, str):
            source = Spoken(self.language).visit(self.parse(source, *args[:2]))
            source.set_environment(self)
        return super().compile(source, *args, **kwargs)


class Spoken(NodeTransformer):
    """Replaces each `_("…")` by its words in a language; a call whose sentence is a variable stays a call."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802  # Jinja's own name
        """Return the words of a sentence, joined with the values that stand in it."""
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name == "_" and len(node.args) == 1):
            return node
        values = {value.key: value.value for value in node.kwargs}
        if not isinstance(node.args[0], nodes.Const) or node.dyn_args or node.dyn_kwargs:
            return node
        pieces = list(_pieces(self.language.sentence(node.args[0].value), values, node.lineno))
        return pieces[0] if len(pieces) == 1 else nodes.Concat(pieces, lineno=node.lineno)

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802  # as above
        """Output the parts of a joined sentence one by one, so that they are never joined."""
        self.generic_visit(node)
        node.nodes = [
            piece
            for child in node.nodes
            for piece in (child.nodes if isinstance(child, nodes.Concat) else [child])
        ]
        return node


def _pieces(sentence: str, values: dict[str, nodes.Expr], lineno: int) -> Iterator[nodes.Expr]:
    """Yield the words of a sentence, which are safe, and its values, which are escaped when they are output."""
    words, began = "", 0
    for found in _VALUE.finditer(sentence):
        words += sentence[began : found.start()]
        began = found.end()
        if found[1] is None:
            words += "%"
            continue
        if words:
            yield _safe(words, lineno)
        yield values[found[1]]
        words = ""
    if words := words + sentence[began:]:
        yield _safe(words, lineno)


def _safe(words: str, lineno: int) -> nodes.Expr:
    return nodes.MarkSafe(nodes.Const(words, lineno=lineno), lineno=lineno)
