"""What SQL can do that is run in a room: nothing outside of it, and not for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.verification.embedded import running
from pgtrigger_codegen.verification.guard import stop_server
from pgtrigger_codegen.verification.names import PREFIX
from pgtrigger_codegen.verification.room import Limits, RefusedStatement, Room, open_room
from tests.verification.hostile import HOSTILE

pytestmark = pytest.mark.usefixtures("nothing_left")

NO_RIGHT = "42501"
NOT_IN_TRANSACTION = "25001"


@pytest.fixture(params=["SUPERUSER", "CREATEROLE CREATEDB"])
def dsn(request: pytest.FixtureRequest, new_administrator: Callable[[str], str]) -> str:
    """A given server, as a superuser and as a role that may just make what is needed."""
    return new_administrator(request.param)


def _refused(room: Room, script: str) -> RefusedStatement:
    refused = room.attempt(script)
    assert refused is not None, script
    return refused


def test_hostile_scripts_are_refused(dsn: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tmp_path.chmod(0o777)

    with open_room(dsn, "--dsn", Limits()) as room:
        for name, script in HOSTILE.items():
            refused = _refused(room, script.format(mark=mark))
            known = refused.sqlstate in (NO_RIGHT, NOT_IN_TRANSACTION)
            assert known or "super" in refused.message, (name, refused.message)

    assert not mark.exists()


@pytest.mark.parametrize(
    "script",
    [
        "CREATE EXTENSION dblink",
        "CREATE EXTENSION file_fdw",
        "CREATE EXTENSION plpython3u",
        "CREATE EXTENSION adminpack",
    ],
)
def test_extensions_that_reach_further_cannot_be_had(postgres: str, script: str) -> None:
    with open_room(postgres, "--dsn", Limits()) as room:
        _refused(room, script)
        assert not room.extend(script.removeprefix("CREATE EXTENSION "))


def test_other_databases_stay_as_they_are(dsn: str, database: str) -> None:
    other = psycopg.conninfo.conninfo_to_dict(database)["dbname"]

    with open_room(dsn, "--dsn", Limits()) as room:
        for script in (
            f"DROP DATABASE {other}",
            f"ALTER DATABASE {other} SET search_path = evil",
            "CREATE DATABASE one_more",
        ):
            room.keep()
            _refused(room, script)

    with psycopg.connect(database) as connection:
        assert connection.execute("SHOW search_path").fetchone() == ('"$user", public',)


_ENDLESS = """
SET statement_timeout = 0;
DO $$
BEGIN
    LOOP
        BEGIN
            PERFORM pg_sleep(60);
        EXCEPTION WHEN query_canceled THEN
            NULL;
        END;
    END LOOP;
END $$;
"""


def test_an_endless_loop_is_ended_from_outside(dsn: str) -> None:
    with (
        pytest.raises(DatabaseError, match="a step took longer than 1 seconds"),
        open_room(dsn, "--dsn", Limits(step=1)) as room,
    ):
        room.execute(_ENDLESS)


def test_a_step_is_watched_to_its_end_after_a_step_within(postgres: str) -> None:
    with (
        pytest.raises(DatabaseError, match="a step took longer than 1 seconds"),
        open_room(postgres, "--dsn", Limits(step=1)) as room,
    ):
        _step_with_a_step_within(room)


def _step_with_a_step_within(room: Room) -> None:
    with room.asking():
        room.execute("SELECT 1")
        time.sleep(3)
        room.execute("SELECT 1")


@pytest.mark.slow
def test_a_result_without_end_is_ended_from_outside(postgres: str) -> None:
    with (
        pytest.raises(DatabaseError, match="a result is larger than 512 MB"),
        open_room(postgres, "--dsn", Limits()) as room,
    ):
        room.execute("SELECT repeat('x', 10000) FROM generate_series(1, 10000000)")


def test_a_table_without_end_is_ended_from_outside(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgtrigger_codegen.verification.watch._MOST_BYTES", 40 * 1024**2)
    with (
        pytest.raises(DatabaseError, match="its database grew beyond"),
        open_room(postgres, "--dsn", Limits()) as room,
    ):
        room.execute("CREATE TABLE t AS SELECT repeat('x', 500) FROM generate_series(1, 3000000)")


def test_a_statement_that_takes_long_is_refused(postgres: str) -> None:
    with open_room(postgres, "--dsn", Limits(statement=1)) as room:
        assert _refused(room, "SELECT pg_sleep(30)").sqlstate == "57014"
        assert room.rows("SELECT 1") == [(1,)]


def test_a_server_without_space_ends_the_run(postgres: str) -> None:
    with (
        pytest.raises(DatabaseError, match="no space"),
        open_room(postgres, "--dsn", Limits()) as room,
    ):
        room.execute("DO $$ BEGIN RAISE 'no space' USING ERRCODE = '53100'; END $$")


def test_a_session_that_is_ended_by_others(postgres: str) -> None:
    with open_room(postgres, "--dsn", Limits()) as room:
        ((pid,),) = room.rows("SELECT pg_backend_pid()")
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
        with pytest.raises(DatabaseError, match="the server is gone"):
            room.rows("SELECT 1")


def test_a_server_that_ends_and_does_not_start_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with (
        running(folder) as address,
        pytest.raises(DatabaseError) as caught,
        open_room(psycopg.conninfo.make_conninfo(**address.parameters), "--dsn", Limits()) as room,
    ):
        _ask_when_stopped(room, folder)

    assert str(caught.value.args[0]).startswith("the server is gone")
    assert caught.value.help is not None
    assert f"the next run of verify drops database {PREFIX}" in caught.value.help


def _ask_when_stopped(room: Room, folder: Path) -> None:
    stop_server(folder)
    room.rows("SELECT 1")


@pytest.mark.parametrize(
    ("rights", "what"), [("CREATEDB", "CREATEROLE and CREATEDB"), ("CREATEROLE", "CREATEDB")]
)
def test_rights_that_are_missing(
    new_administrator: Callable[[str], str], rights: str, what: str
) -> None:
    with (
        pytest.raises(DatabaseError, match=f"needs a role with {what}"),
        open_room(new_administrator(rights), "--dsn", Limits()),
    ):
        pass


def test_a_server_that_cannot_be_reached() -> None:
    with (
        pytest.raises(DatabaseError, match=r"cannot connect \(--dsn\)"),
        open_room("host=127.0.0.1 port=1", "--dsn", Limits()),
    ):
        pass
