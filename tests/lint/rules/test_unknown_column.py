"""PGT305: words that PL/pgSQL takes for its own behind `NEW.`, compared with a server."""

from __future__ import annotations

import psycopg
import pytest

from pgtrigger_codegen.lint.rules.unknown_column import RESERVED

_FREE = frozenset({"open", "close", "array", "value", "type", "return", "exit", "start"})


@pytest.mark.parametrize("word", sorted(RESERVED | _FREE))
def test_what_a_server_does_not_read_as_a_column(word: str, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(f'CREATE TABLE held (other text, "{word}" text)'.encode())
        connection.execute(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            f" NEW.{word} := 'a'; NEW.other := NEW.{word}; RETURN NEW; END$$".encode()
        )
        connection.execute(
            "CREATE TRIGGER t BEFORE INSERT ON held FOR EACH ROW EXECUTE FUNCTION f()"
        )
        try:
            connection.execute("INSERT INTO held DEFAULT VALUES")
            is_read = True
        except psycopg.errors.UndefinedColumn:
            is_read = False

    assert is_read is (word not in RESERVED)


def test_in_quotes_at_one_place_it_is_known_at_all(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute('CREATE TABLE held (other text, "end" text)')
        connection.execute(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            """ NEW.other := NEW.end; IF FALSE THEN NEW.other := NEW."end"; END IF;"""
            " RETURN NEW; END$$"
        )
        connection.execute(
            "CREATE TRIGGER t BEFORE INSERT ON held FOR EACH ROW EXECUTE FUNCTION f()"
        )
        connection.execute("INSERT INTO held VALUES ('a', 'b')")

        assert connection.execute("SELECT other FROM held").fetchone() == ("b",)
