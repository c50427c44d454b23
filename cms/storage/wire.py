"""A connection to PostgreSQL that prepares each statement once and sends several by one round trip."""

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import Connection, Error, OperationalError, RawCursor, RawServerCursor, abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InFailedSqlTransaction, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

STATEMENTS_MAX = 100  # in one round trip, whose answers are kept until its end
Values = Sequence[Any]  # Any: as the driver converts each kind
Row = tuple[Any, ...]  # Any: as above


class Wire(Connection[Any]):
    """A connection that sends statements, with `$1` and so on for their values, by libpq's pipeline mode.

    Each statement that stores a comment took psycopg's cursor 110 µs, and PostgreSQL up to 1,100 to parse and plan it. Here
    it takes 10 µs, and is planned once (measured). Statements that are not put, asked or expected go by a cursor as usual.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.cursor_factory, self.server_cursor_factory = _Cursor, _ServerCursor
        self._waiting: list[_Statement] = []
        self._sent: list[list[_Statement]] = []  # by round trip, those whose answers were not read yet
        # Sent ahead, by statement and values, until somebody asks for them.
        self._expected: dict[str, dict[tuple[Any, ...], _Statement]] = {}
        self._instead_of_waiting: Callable[[], object] | None = None
        self._names: dict[str, bytes] = {}  # of what is prepared
        self._poll = select.poll()
        self.heard_at = time.monotonic()

    def put(self, statement: str, values: Values = ()) -> None:
        """Send a statement whose answer nobody wants, together with the next one that is asked or with the commit.

        Should it fail, that one raises the error.
        """
        self._put(statement, values)
        if len(self._waiting) >= STATEMENTS_MAX:
            self._make_round_trip()

    def ask(self, statement: str, values: Values = ()) -> list[Row]:
        """Send all that was put, then this statement; return its rows, none where it returns none."""
        asked = self._asked_already(statement, values) or self._put(statement, values)
        if asked.answer is None:
            (self._instead_of_waiting or self._make_round_trip)()
        return self._rows(asked.answer)

    def expect(self, statement: str, values: Values = ()) -> None:
        """Send a statement together with the next one that is asked; asked later in this transaction, it is answered here.

        Each answer is given once.
        """
        expected = self._expected.setdefault(statement, {})
        if tuple(values) not in expected:
            expected[tuple(values)] = self._put(statement, values)

    @contextmanager
    def while_waiting(self, do: Callable[[], object]) -> Iterator[None]:
        """Call `do` instead of waiting for an answer; it must have everything delivered before it returns.

        If several ask the same question meanwhile, it is sent once, and each gets the answer.
        """
        self._instead_of_waiting = do
        try:
            yield
        finally:
            self._instead_of_waiting = None

    def deliver(self) -> None:
        """Send every statement that waits, and read the answers."""
        if self._waiting or self._sent:
            self._make_round_trip()

    def deliver_to_each(self) -> None:
        """Do as `deliver()`, but raise nothing: `ask()` finds in its own answer what went wrong."""
        with suppress(Error):
            self.deliver()

    def commit(self) -> None:
        """Commit, by the same round trip as everything that was put."""
        if self._waiting or self._is_begun():
            try:
                self.ask("COMMIT")
            except Error:
                if not self.closed:
                    self.rollback()  # SQLAlchemy takes a COMMIT for the end, even where PostgreSQL never came to it
                raise
        self._expected.clear()

    def rollback(self) -> None:
        """Forget what was put, and undo what was done.

        Its answer is read with the next one, which saves one of a comment's eight round trips (by its calls of poll). It
        is waited for only behind a pooler, which may give the connection to somebody else.
        """
        self._waiting = []
        self._expected.clear()
        if self._is_begun():
            self._put("ROLLBACK", ())
            if self._may_prepare:
                self._send()
            else:
                self._make_round_trip()

    def _asked_already(self, statement: str, values: Values) -> "_Statement | None":
        """Return the same statement if it was expected, or if another greenlet waits for its answer just now."""
        expected = self._expected.get(statement)
        if expected:
            return expected.pop(tuple(values), None)
        asked = self._waiting if self._instead_of_waiting else ()
        return next((one for one in asked if one.is_of(statement, values)), None)

    def _rows(self, answer: PGresult | None) -> list[Row]:
        if answer is None:
            raise OperationalError("the connection was closed before PostgreSQL had answered")
        self._check(answer)
        self._adapter.set_pgresult(answer)
        return self._adapter.load_rows(0, answer.ntuples, tuple)

    def _is_begun(self) -> bool:
        return not self._sent and self.pgconn.transaction_status != TransactionStatus.IDLE

    @cached_property
    def _adapter(self) -> abc.Transformer:
        return Transformer(self)

    @cached_property
    def _may_prepare(self) -> bool:
        """Whether PostgreSQL itself is at the other end, and what is prepared there stays.

        PgBouncer, which may give each transaction to another server process, makes up the number of the process that it
        tells a client; releases before 1.21 know nothing of what is prepared.
        """
        answer = self.pgconn.exec_(b"SELECT pg_backend_pid()")
        return answer.get_value(0, 0) == b"%d" % self.pgconn.backend_pid

    def _name(self, statement: str) -> bytes:
        """Return the name of a statement, which is prepared when it is first wanted."""
        name = self._names.get(statement)
        if name is None:
            if self._sent:
                self._make_round_trip()  # nothing can be prepared before its answers are read
            name = b"s%d" % len(self._names)
            self._check(self.pgconn.prepare(name, statement.encode()))
            self._names[statement] = name
        return name

    def _put(self, statement: str, values: Values) -> "_Statement":
        name_or_sql = self._name(statement) if self._may_prepare else statement.encode()
        put = _Statement(
            statement, name_or_sql, values, self._adapter.dump_sequence(values, [PyFormat.TEXT] * len(values))
        )
        self._waiting.append(put)
        return put

    def _make_round_trip(self) -> None:
        """Send every statement that waits, and read the answers. Raises the error of the first one that failed."""
        try:
            self._send()
            answers = self._hear()
        except BaseException:
            self.close()  # nobody could tell which statement the next answer belongs to
            raise
        for answer in answers:
            self._check(answer)

    def _send(self) -> None:
        if not self._sent:
            self.pgconn.enter_pipeline_mode()
        send = self.pgconn.send_query_prepared if self._may_prepare else self.pgconn.send_query_params
        for one in self._waiting:
            send(one.name_or_sql, one.texts)
        self.pgconn.pipeline_sync()
        self._sent.append(self._waiting)
        self._waiting = []

    def _hear(self) -> list[PGresult]:
        """Return the answers to all that was sent."""
        answers = []
        for round_trip in self._sent:
            for one in round_trip:
                one.answer = self._answer()
                answers.append(one.answer)
                self.pgconn.get_result()  # None, which ends it
            self._answer()  # of the round trip's end, pipeline_sync()
        self.pgconn.exit_pipeline_mode()
        self._sent, self.heard_at = [], time.monotonic()
        return answers

    def _answer(self) -> PGresult:
        """Wait for the next answer, in poll(), which lets other threads have Python's lock."""
        while (unsent := self.pgconn.flush()) or self.pgconn.is_busy():
            self._poll.register(self.pgconn.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
            self._poll.poll()
            self.pgconn.consume_input()
        answer = self.pgconn.get_result()
        if answer is None:
            raise OperationalError("the connection was lost before PostgreSQL had answered")
        return answer

    def _check(self, answer: PGresult) -> None:
        if answer.status == ExecStatus.PIPELINE_ABORTED:
            raise InFailedSqlTransaction("a statement that went before this one has failed")
        if answer.status != ExecStatus.FATAL_ERROR:
            return
        if answer.error_field(DiagnosticField.SQLSTATE) is None:  # nobody was there to say what it is
            raise OperationalError(answer.get_error_message())
        error = error_from_result(answer, encoding=self.info.encoding)
        if isinstance(error, FeatureNotSupported):  # a prepared statement's table has been changed since, say
            self.close()  # and with it goes what was prepared
        raise error


@dataclass(slots=True)
class _Statement:
    """A statement with its values as the driver sends them, and PostgreSQL's answer once that is here."""

    statement: str
    name_or_sql: bytes  # its name if it is prepared
    values: Values
    texts: Sequence[Any]  # Any: the driver's own kinds of bytes
    answer: PGresult | None = None

    def is_of(self, statement: str, values: Values) -> bool:
        """Tell whether it is the same."""
        return self.statement == statement and self.values == values


class _Cursor(RawCursor[Any]):
    """A cursor of the driver's own; before it sends anything, what was put on the connection is delivered."""

    def execute(self, *given: Any, **named: Any) -> Any:  # Any: psycopg's own many kinds, as below
        self.connection.deliver()  # type: ignore[attr-defined]  # a Wire
        return super().execute(*given, **named)

    def executemany(self, *given: Any, **named: Any) -> None:
        self.connection.deliver()  # type: ignore[attr-defined]  # as above
        super().executemany(*given, **named)


class _ServerCursor(RawServerCursor[Any]):
    """The same for rows that are read in portions."""

    def execute(self, *given: Any, **named: Any) -> Any:
        self.connection.deliver()  # type: ignore[attr-defined]  # as above
        return super().execute(*given, **named)
