"""Sessions that stand out of the way: of those who read, and of those who write."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session

Rows = Sequence[Mapping[str, Any]]  # Any: columns of many kinds
REHEARSAL = "rehearsal"  # what a writing session carries that shall commit nothing
Storing = Callable[[Session, Rows], None]


class StraightSession(Session):
    """A session of one connection, to which statements may go straight; the first one begins its transaction.

    SQLAlchemy's ORM has a transaction of its own only where it is used, and then rules over the connection's: its ways
    to begin, to commit and to close were a tenth of what Python does for a comment (by its opcodes).
    """

    def __init__(self, bind: sa.Connection, *, info: dict[Any, Any] | None = None) -> None:
        super().__init__(bind, autoflush=False, info=info, join_transaction_mode="control_fully")
        self._bound = bind

    def connection(self, *asked: Any, **options: Any) -> sa.Connection:  # Any: as SQLAlchemy has them
        """Return the connection, in a transaction, which begins now if none has."""
        if asked or options:
            return super().connection(*asked, **options)
        return self.begun()

    @property
    def driver(self) -> Any:  # Any: each driver's own kind
        """Its connection as the driver has it."""
        return self._bound.connection.dbapi_connection

    def begun(self) -> sa.Connection:
        """Return the same for a statement by which nothing else need be done before."""
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
        """Take back what was not committed."""
        begun = self._bound.get_transaction()
        if self.in_transaction():
            super().rollback()
        elif begun is not None:
            begun.rollback()

    def close(self) -> None:
        """Forget everything, where the ORM knows of anything; the connection is whose it was."""
        if self.in_transaction() or self.identity_map:
            super().close()

    def end(self) -> None:
        """Forget everything and take back what was not committed, for who uses the session next.

        In this order: what a rollback meets first is expired, and of no use to whoever still has it.
        """
        self.close()
        self.rollback()

    def give_back(self) -> None:
        """Let go of the connection, and of what was not committed."""
        self.close()
        self._bound.close()


class ReadingSession(StraightSession):
    """A session to which SELECTs of columns go straight.

    Through the ORM each took 110 µs in place of 40, and that the session found its connection 30 (measured).
    """

    def execute(
        self, statement: Any, params: Any = None, **options: Any
    ) -> Any:  # Any: as SQLAlchemy has them
        """Return rows of columns; `exec()` and `get()` are for entities."""
        if options:  # the ORM's own call
            return super().execute(statement, params, **options)
        return self.connection().execute(statement, params)


class WritingSession(StraightSession):
    """A session of one or of several deeds, whose rows it may put off so that all of a kind are stored by one statement.

    They are stored before anything else is asked of the database, and before the commit; so only a statement that is
    known to ask nothing of them goes before them (see `begun()`).
    """

    def __init__(self, bind: sa.Connection, *, info: dict[Any, Any]) -> None:
        super().__init__(bind, info=info)
        self.deeds = 1  # that it is expected to be for
        self._found: dict[str, Any] = {}  # Any: whatever is looked for once a transaction
        self._put_off: dict[
            Storing, list[Mapping[str, Any]]
        ] = {}  # in the order in which they were first wanted

    def connection(self, *asked: Any, **options: Any) -> sa.Connection:  # Any: as SQLAlchemy has them
        """Return the connection, in its transaction, once what was put off is stored."""
        if self._put_off:
            self.store_put_off()
        return super().connection(*asked, **options)

    def put_off(self, storing: Storing, rows: Rows) -> None:
        """Let `storing` store these rows later, with others of their kind."""
        self._put_off.setdefault(storing, []).extend(rows)

    def commit(self) -> None:
        """Store what was put off, and commit; in a rehearsal take it back."""
        self.store_put_off()
        self._found.clear()
        if REHEARSAL in self.info:
            super().rollback()
        else:
            super().commit()

    def rollback(self) -> None:
        """Forget what was put off, and what was stored."""
        self._put_off.clear()
        self._found.clear()
        super().rollback()

    def store_put_off(self) -> None:
        """Store what was put off."""
        put_off, self._put_off = self._put_off, {}
        for storing, rows in put_off.items():
            storing(self, rows)

    def once(self, key: str, find: Callable[[], Any]) -> Any:  # Any: whatever is found
        """Return what `find` has found in the present transaction, which does not look for it twice."""
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]


@sa.event.listens_for(WritingSession, "do_orm_execute")
def _before_statement(asked: ORMExecuteState) -> None:
    if isinstance(asked.session, WritingSession):
        asked.session.store_put_off()


@sa.event.listens_for(WritingSession, "before_flush")
def _before_flush(session: WritingSession, _context: object, _instances: object) -> None:
    session.store_put_off()


def once(session: Session, key: str, find: Callable[[], Any]) -> Any:  # Any: whatever is found
    """Return what `find` finds, once a transaction where the session writes."""
    return session.once(key, find) if isinstance(session, WritingSession) else find()


Kind = TypeVar("Kind", bound=StraightSession)


@contextmanager
def used(session: Kind) -> Iterator[Kind]:
    """Give a session for this once; whatever is not committed at the end is taken back."""
    try:
        yield session
    finally:
        session.give_back()


class Kept(Generic[Kind]):
    """Sessions that are used again, by one thread after another, until something goes wrong within them.

    To take a connection out of its pool, to make a session of it and to give it back, twice for a comment, took 6 % of
    what Python does for it (by its opcodes), and 2 % of the instructions of an article made anew.
    """

    def __init__(self, make: Callable[[], Kind], most: int, is_good: Callable[[Any], bool]) -> None:
        """Take what makes a session, how many are kept while nobody uses them, and what tells if its driver is still good."""
        self._make, self._most, self._is_good = make, most, is_good
        self._idle: deque[Kind] = deque()

    @contextmanager
    def session(self) -> Iterator[Kind]:
        """Give a session in no transaction; whatever is not committed at the end is taken back."""
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
        """Let go of the connections that nobody uses now; who uses a session next makes another one."""
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
