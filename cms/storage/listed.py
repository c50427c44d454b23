"""SELECTs for any number of values at once, which are sent to the driver as one value."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Session

from cms.storage.dialects import dialect_of
from cms.storage.prebuilt import Prebuilt

# Any: each driver's own list
_LIST: sa.BindParameter[Any] = sa.bindparam("listed", type_=sa.types.NullType())


class Listed:
    """A SELECT of the rows in which a column has one of many values; its SQL is the same for any number of them.

    A list of placeholders would be parsed again for each length of the list.
    """

    def __init__(self, statement: sa.Select[*tuple[Any, ...]], column: Mapped[Any]) -> None:
        """Take a SELECT, with named values as `Prebuilt` has them, and the column."""
        in_json = sa.select(sa.func.json_each(_LIST).table_valued("value").c.value)
        self._on: dict[str, tuple[Prebuilt, Callable[[Sequence[int | str]], object]]] = {
            "sqlite": (Prebuilt(statement.where(column.in_(in_json))), json.dumps),
            "postgresql": (Prebuilt(statement.where(column == sa.func.any(_LIST))), list),
        }

    def all(self, session: Session, listed: Sequence[int | str], values: Mapping[str, Any]) -> list[Any]:
        """Return the rows as named tuples."""
        statement, as_one_value = self._on[dialect_of(session)]
        return statement.all(session, {**values, _LIST.key: as_one_value(listed)})
