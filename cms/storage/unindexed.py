"""Columns for which SQLite must not use an index, since it would take the wrong one."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.functions import FunctionElement


class Unindexed(FunctionElement[Any]):  # Any: of whatever type its column is
    """A column for which SQLite uses no index (its manual, "The Query Planner", section 2.1).

    It keeps no statistics here, so it takes every index whose first columns are compared to be equally selective.
    """

    inherit_cache = True

    def __init__(self, column: Mapped[Any]) -> None:
        """Stand for `column`, with its type."""
        super().__init__(column)
        (inner,) = self.clauses.clauses
        self.type = inner.type


@compiles(Unindexed)
def _unindexed(element: Unindexed, compiler: sa.sql.compiler.SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(Unindexed, "sqlite")
def _unindexed_on_sqlite(element: Unindexed, compiler: sa.sql.compiler.SQLCompiler, **options: Any) -> str:
    return f"+{_unindexed(element, compiler, **options)}"
