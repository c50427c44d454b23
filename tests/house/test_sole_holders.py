"""What only one place may do: unseal an address, change a status."""

import ast
import re
from collections.abc import Iterator

from sqlmodel import SQLModel

from cms.privacy.queries.sealed import SEALED_COLUMNS
from cms.vault import LASTING
from tests.house.source import MODULES, Module

UNSEALS = {
    "cms.limits.actions",  # opens the day's salt, which is no address
    "cms.outbox.actions.sending",  # a letter needs the address on its envelope
    "cms.vault",  # seals anew under another key, without giving out what it holds
    "cms.exchange.actions.exporting",  # an export that was asked for with addresses
    "cms.privacy.actions.auditing",  # the audit looks for every address that the keys unseal
}
STATUS_OF_COMMENTS = {"cms.moderation.writes.status"}
STATUS_OF_ARTICLES = {"cms.desk.writes", "cms.exchange.writes"}


def test_unseal_is_named_only_where_this_list_gives_a_reason() -> None:
    naming = {name for name, module in MODULES.items() if "unseal" in module.names()}
    assert naming == UNSEALS


def test_every_sealed_column_is_in_the_one_list() -> None:
    listed = {(column.table.name, column.name) for column in SEALED_COLUMNS}
    assert listed == {
        (table.name, column.name)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("sealed")
    }


def test_every_purpose_of_a_secret_says_why_it_outlives_a_key() -> None:
    assert set(_purposes()) == set(LASTING)


def test_only_moderation_changes_the_status_of_a_comment() -> None:
    assert _who_updates("Comment", "status") == STATUS_OF_COMMENTS


def test_only_the_desk_and_the_import_change_the_status_of_an_article() -> None:
    assert _who_updates("Article", "status") == STATUS_OF_ARTICLES


def test_only_the_desk_and_the_import_store_new_articles() -> None:
    storing = {name for name, module in MODULES.items() if any(_calls(module, "Article"))}
    storing |= {name for name, module in MODULES.items() if any(_statements(module, "insert", "Article"))}
    assert storing <= STATUS_OF_ARTICLES


def test_no_row_is_changed_by_setting_its_status() -> None:
    setting = [
        module.where
        for module in MODULES.values()
        for node in module.nodes
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store)
    ]
    assert not setting


def test_no_statement_written_as_text_changes_a_status() -> None:
    changing = re.compile(
        r"(update|insert\s+into|merge\s+into)\s+\"?(article|comment)\"?[\s(]", re.IGNORECASE
    )
    texts = [
        (module.where, node.value)
        for module in MODULES.values()
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert changing.search("UPDATE comment SET status = 'approved'")
    assert not [(where, text) for where, text in texts if changing.search(text)]


def test_no_table_has_a_relationship() -> None:
    assert not [
        module.where for module in MODULES.values() if {"Relationship", "relationship"} & module.names()
    ]


def _purposes() -> Iterator[str]:
    """Yield what each keyed digest and secret is for: words that stand there, or a constant of that module."""
    for module in MODULES.values():
        constants = {
            _last_name(target): node.value.value
            for node in module.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
        }
        for function in ("digest", "secret"):
            for call in _calls(module, function):
                purpose = call.args[0] if call.args else None
                if isinstance(purpose, ast.Constant) and isinstance(purpose.value, str):
                    yield purpose.value
                elif isinstance(purpose, ast.Name) and isinstance(constants.get(purpose.id), str):
                    yield str(constants[purpose.id])


def _who_updates(table: str, column: str) -> set[str]:
    return {name for name, module in MODULES.items() if any(_updates(module, table, column))}


def _updates(module: Module, table: str, column: str) -> Iterator[ast.Call]:
    """Yield each `update(table)….values(…)` that sets the column, or whose columns cannot be told from the code."""
    for update in _statements(module, "update", table):
        values = [call for call in _calls(module, "values") if _is_within(update, call)]
        named = [keyword.arg for call in values for keyword in call.keywords]
        if not values or None in named or column in named or any(call.args for call in values):
            yield update


def _statements(module: Module, verb: str, table: str) -> Iterator[ast.Call]:
    """Yield each `sa.update(table)` or the like, also by way of a variable or of the table's columns."""
    for call in _calls(module, verb):
        arguments = {_last_name(inner) for argument in call.args for inner in ast.walk(argument)}
        is_statement = isinstance(call.func, ast.Name) or ast.unparse(call.func).startswith(
            ("sa.", "sqlalchemy.")
        )
        if is_statement and (table in arguments or _is_table_variable(module, arguments, table)):
            yield call


def _calls(module: Module, function: str) -> Iterator[ast.Call]:
    for node in module.nodes:
        if isinstance(node, ast.Call) and _last_name(node.func) == function:
            yield node


def _is_table_variable(module: Module, arguments: set[str], table: str) -> bool:
    """Tell whether a variable among the arguments was made of the table: `table = _table(Article)`."""
    return any(
        isinstance(node, ast.Assign)
        and {_last_name(target) for target in node.targets} & arguments
        and table in {_last_name(inner) for inner in ast.walk(node.value)}
        for node in module.nodes
    )


def _is_within(inner: ast.AST, outer: ast.AST) -> bool:
    return any(node is inner for node in ast.walk(outer))


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
