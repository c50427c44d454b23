"""Columns by which SQLite shall look for no index, since it would take the wrong one."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.functions import FunctionElement


class Unindexed(FunctionElement[Any]):  # Any: of whatever type its column is
    """A column by which SQLite looks for no index (its manual, "The Query Planner", section 2.1).

    It keeps no statistics here, so it takes any index whose first columns are asked for to be equally narrow.
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
