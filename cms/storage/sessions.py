"""Sessions that send statements directly to a connection: one class for reading, one for writing."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session

Rows = Sequence[Mapping[str, Any]]  # Any: columns of many kinds
REHEARSAL = "rehearsal"  # in a writing session's `info`: it commits nothing
Storing = Callable[[Session, Rows], None]


class StraightSession(Session):
    """A session of one connection; the first statement begins the connection's transaction.

    SQLAlchemy's Session begins, commits and closes a transaction object of its own around that, which was a tenth of what
    Python does for a comment (by its opcodes). Here it does so only if entities are used.
    """

    def __init__(self, bind: sa.Connection, *, info: dict[Any, Any] | None = None) -> None:
        super().__init__(bind, autoflush=False, info=info, join_transaction_mode="control_fully")
        self._bound = bind

    def connection(self, *asked: Any, **options: Any) -> sa.Connection:  # Any: as SQLAlchemy has them
        """Return the connection, in a transaction."""
        if asked or options:
            return super().connection(*asked, **options)
        return self.begun()

    @property
    def driver(self) -> Any:  # Any: each driver's own kind
        """Its connection as the driver has it."""
        return self._bound.connection.dbapi_connection

    def begun(self) -> sa.Connection:
        """Return the connection, in a transaction; for a statement that reads no rows whose storing was deferred."""
        if not self._bound.in_transaction():
            self._bound.begin()
        return self._bound

    def commit(self) -> None:
        """Commit."""
        begun = self._bound.get_transaction()
        if self.in_transaction():
            super().commit()
        elif begun is not None:
            begun.commit()

    def rollback(self) -> None:
        """Undo what was not committed."""
        begun = self._bound.get_transaction()
        if self.in_transaction():
            super().rollback()
        elif begun is not None:
            begun.rollback()

    def close(self) -> None:
        """Forget every entity; the connection stays as it is."""
        if self.in_transaction() or self.identity_map:
            super().close()

    def end(self) -> None:
        """Forget every entity and undo what was not committed, so that the session can be used again.

        In this order: a rollback expires the entities that it finds, and whoever still holds one could read it no more.
        """
        self.close()
        self.rollback()

    def give_back(self) -> None:
        """Give the connection back to its pool, which undoes what was not committed."""
        self.close()
        self._bound.close()


class ReadingSession(StraightSession):
    """A session whose SELECTs of columns go to the connection without the ORM, in 40 µs each instead of 110 (measured)."""

    # Any: as SQLAlchemy has them
    def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """Return rows of columns; for entities use `exec()` and `get()`."""
        if options:  # as the ORM calls it itself
            return super().execute(statement, params, **options)
        return self.connection().execute(statement, params)


class WritingSession(StraightSession):
    """A session for one or several writes, which may defer storing rows, so that one statement stores all of a kind.

    Deferred rows are stored before any other statement, and before the commit. Only a statement that is known to read none
    of them goes before: it takes its connection from `begun()`.
    """

    def __init__(self, bind: sa.Connection, *, info: dict[Any, Any]) -> None:
        super().__init__(bind, info=info)
        self.writes = 1  # how many share its transaction (see group_commit.py)
        self._found: dict[str, Any] = {}  # by `once_per_transaction()`; Any: whatever is looked for
        # In the order in which each kind was first deferred.
        self._deferred: dict[Storing, list[Mapping[str, Any]]] = {}

    def connection(self, *asked: Any, **options: Any) -> sa.Connection:  # Any: as SQLAlchemy has them
        """Return the connection, in a transaction in which all deferred rows are stored."""
        if self._deferred:
            self.store_deferred()
        return super().connection(*asked, **options)

    def defer(self, storing: Storing, rows: Rows) -> None:
        """Let `storing` store these rows later, with others of their kind."""
        self._deferred.setdefault(storing, []).extend(rows)

    def commit(self) -> None:
        """Store deferred rows and commit; in a rehearsal roll back instead."""
        self.store_deferred()
        self._found.clear()
        if REHEARSAL in self.info:
            super().rollback()
        else:
            super().commit()

    def rollback(self) -> None:
        """Forget deferred rows, and undo what was stored."""
        self._deferred.clear()
        self._found.clear()
        super().rollback()

    def store_deferred(self) -> None:
        """Store deferred rows."""
        deferred, self._deferred = self._deferred, {}
        for storing, rows in deferred.items():
            storing(self, rows)

    def once_per_transaction(self, key: str, find: Callable[[], Any]) -> Any:  # Any: whatever is found
        """Return what `find` returns; a second call in the same transaction gets the first one's answer."""
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]


@sa.event.listens_for(WritingSession, "do_orm_execute")
def _before_statement(asked: ORMExecuteState) -> None:
    if isinstance(asked.session, WritingSession):
        asked.session.store_deferred()


@sa.event.listens_for(WritingSession, "before_flush")
def _before_flush(session: WritingSession, _context: object, _instances: object) -> None:
    session.store_deferred()


# Any: whatever `find` returns
def once_per_transaction(session: Session, key: str, find: Callable[[], Any]) -> Any:
    """Return what `find` returned first under `key` in this transaction; in a session that reads, call it each time."""
    return session.once_per_transaction(key, find) if isinstance(session, WritingSession) else find()


def store_later(session: Session, storing: Storing, rows: Rows) -> None:
    """Let `storing` store these rows, together with others of their kind, before anything reads them."""
    if isinstance(session, WritingSession):
        session.defer(storing, rows)
    else:
        storing(session, rows)


Kind = TypeVar("Kind", bound=StraightSession)


@contextmanager
def used(session: Kind) -> Iterator[Kind]:
    """Give a session that is used once; at the end what is not committed is undone."""
    try:
        yield session
    finally:
        session.give_back()


class SessionPool(Generic[Kind]):
    """Sessions that are used again, by one thread after another; one in which something went wrong is closed instead.

    Taking a connection from the engine's pool, making a session of it and giving it back, twice for a comment, was 6 % of
    what Python does for one (by its opcodes), and 2 % of the instructions of an article's page.
    """

    def __init__(self, make: Callable[[], Kind], most: int, is_good: Callable[[Any], bool]) -> None:
        """Take a function that makes a session, how many idle ones are kept, and a check whether a connection works."""
        self._make, self._most, self._is_good = make, most, is_good
        self._idle: deque[Kind] = deque()

    @contextmanager
    def session(self) -> Iterator[Kind]:
        """Give a session; at the end what is not committed is undone."""
        session, is_kept = self._one(), False
        try:
            yield session
            if len(self._idle) < self._most:
                session.end()
                self._idle.append(session)
                is_kept = True
        finally:
            if not is_kept:
                session.give_back()

    def close(self) -> None:
        """Close every idle session; the next use makes a new one."""
        while self._idle:
            self._idle.pop().give_back()

    def _one(self) -> Kind:
        try:
            session = self._idle.pop()
        except IndexError:  # all are in use
            return self._make()
        if self._is_good(session.driver):
            return session
        session.give_back()
        return self._make()
