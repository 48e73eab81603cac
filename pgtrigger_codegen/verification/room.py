"""An empty database with one session, in which the project's SQL runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.adapt import AdaptersMap

from pgtrigger_codegen.database.address import Address, address_of
from pgtrigger_codegen.database.connection import OLDEST_SERVER
from pgtrigger_codegen.database.errors import DatabaseError, explain, lost_connection
from pgtrigger_codegen.verification.administration import (
    RawConnection,
    administering,
    administering_again,
    clear_room,
    furnish_room,
    make_room,
    sweep,
)
from pgtrigger_codegen.verification.embedded import new_folder, running
from pgtrigger_codegen.verification.extensions import extend
from pgtrigger_codegen.verification.guard import Guard, guarded
from pgtrigger_codegen.verification.names import RoomNames
from pgtrigger_codegen.verification.watch import Watch


class Limits(Struct, frozen=True):
    """How long the project's SQL may take, in seconds.

    Attributes:
        statement: For one statement: PostgreSQL's own time-out, which the SQL itself can lift.
        step: For all that is asked of the session at a time, after which the session is ended.
        lock: For a lock.
    """

    statement: int = 30
    step: int = 60
    lock: int = 5


class RefusedStatement(Exception):
    """The server's error for a statement.

    Attributes:
        sqlstate: Five characters.
        message: In the server's words.
        position: The character that the server points at: within a function, in its statement.
        context: The functions that were running, the innermost first, one a line.
    """

    def __init__(self, error: psycopg.Error) -> None:
        self.sqlstate = error.sqlstate or ""
        self.message = error.diag.message_primary or " ".join(str(error).split())
        position = error.diag.internal_position or error.diag.statement_position
        self.position = int(position) - 1 if position is not None else None
        self.context = error.diag.context or ""
        super().__init__(self.message)


class Room:
    """The session of the confined role in its database.

    Attributes:
        version: The server's, as in 180001.
        origin: Where the server comes from, in words.
        extend: Creates an extension there, and tells whether the server has it.
        has_checker: Whether plpgsql_check is there.
    """

    def __init__(
        self, raw: RawConnection, origin: str, watch: Watch, extend: Callable[[str], bool]
    ) -> None:
        self._raw = raw
        self._watch = watch
        self.origin = origin
        self.version = raw.info.server_version
        self.extend = extend
        self.has_checker = extend("plpgsql_check")

    def execute(self, statement: str) -> None:
        """Run a script of which no result is wanted.

        Raises:
            RefusedStatement: The server does not run it.
            DatabaseError: The session is gone, or the server has no room left.
        """
        with self.asking():
            self._raw.execute(statement.encode())

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What one of our own queries gives."""
        with self.asking():
            return self._raw.execute(query.encode(), parameters or None).fetchall()

    def changes(self, statement: str) -> int | RefusedStatement:
        """Run one statement, and tell how many rows it changed, or the server's objection."""
        self.execute("SAVEPOINT attempt")
        found: int | RefusedStatement
        try:
            with self.asking():
                found = self._raw.execute(statement.encode(), binary=True).rowcount
        except RefusedStatement as refused:
            self.execute("ROLLBACK TO SAVEPOINT attempt")
            found = refused
        self.execute("RELEASE SAVEPOINT attempt")
        return found

    def keep(self) -> None:
        """End a transaction: what it made stays, and its locks go."""
        with self.asking():
            self._raw.commit()

    @contextmanager
    def undone(self) -> Iterator[None]:
        """A part of which nothing stays."""
        with self.asking():
            self._raw.execute("SAVEPOINT part")
        try:
            yield
        finally:
            if not self._raw.closed:
                with self.asking():
                    self._raw.execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of a transaction: all of it stays, or nothing where an exception leaves it."""
        self.execute("SAVEPOINT whole")
        try:
            yield
        except BaseException:
            if not self._raw.closed:
                self._end_part("ROLLBACK TO SAVEPOINT whole; RELEASE SAVEPOINT whole")
            raise
        self._end_part("RELEASE SAVEPOINT whole")

    def _end_part(self, statement: str) -> None:
        try:
            self.execute(statement)
        except RefusedStatement:
            # The project's SQL has ended the transaction itself.
            with self.asking():
                self._raw.rollback()

    def plan(self, statement: str) -> RefusedStatement | None:
        """Run one statement, of which nothing stays.

        Whatever the text says, it is one statement: the protocol that is used here takes no more.
        """
        try:
            with self.undone(), self.asking():
                self._raw.execute(statement.encode(), binary=True)
        except RefusedStatement as refused:
            return refused
        return None

    def attempt(self, statement: str) -> RefusedStatement | None:
        """Run a script, or leave things as they were.

        Returns:
            What the server says against it, None where it has run.
        """
        self.execute("SAVEPOINT attempt")
        try:
            self.execute(f"{statement}\n;RELEASE SAVEPOINT attempt")
        except RefusedStatement as refused:
            self.execute("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")
            return refused
        return None

    def django_connection(self, wrapper: Any) -> Any:
        """Lets Django work in this session, by a connection of its own that is not open yet."""
        wrapper.settings_dict["NAME"] = self._raw.info.dbname
        asked = wrapper.get_connection_params()
        self._raw.cursor_factory = asked["cursor_factory"]
        self._raw._adapters = AdaptersMap(asked["context"].adapters)
        wrapper.connection = self._raw
        wrapper.autocommit = False
        return wrapper

    @contextmanager
    def migrating(self, *, atomic: bool) -> Iterator[None]:
        """A transaction for one migration, or none where it is not atomic."""
        self.keep()
        self._raw.autocommit = not atomic
        try:
            yield
            if atomic:
                self.keep()
        finally:
            if not self._raw.closed:
                self._raw.rollback()
                self._raw.autocommit = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        try:
            with self._watch.watching():
                yield
        except psycopg.Error as error:
            if self._watch.reason is not None:
                raise DatabaseError(
                    f"the session was ended: {self._watch.reason}",
                    help="the database and the role were dropped",
                ) from error
            if lost_connection(error):
                raise DatabaseError(
                    f"the server is gone: {' '.join(str(error).split())}",
                    help="run the command again",
                ) from error
            if (error.sqlstate or "").startswith(_EXHAUSTED):
                raise explain(error, "verifying") from error
            raise RefusedStatement(error) from error


_EXHAUSTED = ("53", "58")  # no space, no memory, no connections; errors of the system


@contextmanager
def open_room(dsn: str | None, origin: str, limits: Limits) -> Iterator[Room]:
    """A session on an empty database, cleared away at the end with all that was made there.

    Args:
        dsn: The server to use, None for an embedded one.
        origin: Where the connection string comes from, in words.

    Raises:
        DatabaseError: There is no server, or it does not let us make a database and a role.
    """
    if dsn is not None:
        address = address_of(dsn, origin)
        with (
            guarded(parameters=address.parameters) as guard,
            _room(address, guard, limits, is_given=True) as room,
        ):
            yield room
        return
    folder = new_folder()
    with (
        guarded(folder=folder) as guard,
        running(folder) as address,
        _room(address, guard, limits, is_given=False) as room,
    ):
        yield room


@contextmanager
def _room(address: Address, guard: Guard, limits: Limits, *, is_given: bool) -> Iterator[Room]:
    with administering(address) as administrator:
        if (version := administrator.info.server_version) < OLDEST_SERVER:
            raise DatabaseError(
                f"the server is PostgreSQL {version // 10000}",
                help=f"PostgreSQL {OLDEST_SERVER // 10000} or later is needed",
            )
        sweep(administrator, address)
        names = RoomNames.new()
        guard.has_room(names.database)
        try:
            make_room(administrator, names)
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                clear_room(administrator, address, names)
                guard.is_cleared()
            raise
        with contextlib.ExitStack() as stack:
            if is_given:
                stack.enter_context(_cleared(administrator, address, names, guard))
            else:  # all of the server is thrown away
                stack.callback(guard.is_cleared)
            inside = stack.enter_context(administering(address, names.database))
            furnish_room(inside, names)
            raw = stack.enter_context(_session(address, names, limits))
            watch = Watch(administrator, raw.info.backend_pid, names.database, limits.step)
            stack.enter_context(watch.at_work())
            yield Room(raw, address.origin, watch, lambda name: extend(inside, name))


@contextmanager
def _cleared(
    administrator: RawConnection, address: Address, names: RoomNames, guard: Guard
) -> Iterator[None]:
    """Clears the room away at the end. Where that fails too, the first error is still told."""
    try:
        yield
    except DatabaseError as first:
        try:
            _clear(administrator, address, names)
        except DatabaseError as second:
            raise DatabaseError(str(first.args[0]), help=second.help) from first
        guard.is_cleared()
        raise
    except BaseException:
        _clear(administrator, address, names)
        guard.is_cleared()
        raise
    _clear(administrator, address, names)
    guard.is_cleared()


def _clear(administrator: RawConnection, address: Address, names: RoomNames) -> None:
    help = f"the next run of verify drops database {names.database}, or drop it by hand"
    try:
        if not (administrator.closed or administrator.broken):
            with contextlib.suppress(psycopg.OperationalError):
                clear_room(administrator, address, names)
                return
        with administering_again(address) as again:
            clear_room(again, address, names)
    except psycopg.Error as error:
        failure = explain(error, f"dropping database {names.database}")
        raise DatabaseError(str(failure.args[0]), help=help) from error
    except DatabaseError as error:
        raise DatabaseError(str(error.args[0]), help=help) from error


@contextmanager
def _session(address: Address, names: RoomNames, limits: Limits) -> Iterator[RawConnection]:
    parameters = {
        **address.parameters,
        "user": names.role,
        "password": names.password,
        "dbname": names.database,
        "application_name": "pgtrigger-codegen",
        "options": (
            f"-c statement_timeout={limits.statement}s -c lock_timeout={limits.lock}s "
            "-c standard_conforming_strings=on -c search_path=public"
        ),
    }
    try:
        raw: RawConnection = psycopg.connect(
            **parameters,  # type: ignore[arg-type]  # libpq's parameters, all of them texts
            client_encoding="utf8",
            prepare_threshold=None,
        )
    except psycopg.Error as error:
        raise DatabaseError(
            f"the server does not let a new role log in: {' '.join(str(error).split())}",
            help="let roles log in by password in pg_hba.conf, or leave --dsn out",
        ) from error
    with contextlib.closing(raw):
        yield raw
