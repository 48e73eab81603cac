"""PGT312: PostgreSQL does what the rule says."""

from __future__ import annotations

import psycopg
import pytest

SCHEMA = """
CREATE TABLE item (id bigint, amount integer, status text);
CREATE TABLE log (amount integer);
INSERT INTO item VALUES (1, 1, 'a');
CREATE FUNCTION set_amount() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN NEW.amount := 2; RETURN NEW; END$$;
CREATE FUNCTION log_amount() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN INSERT INTO log VALUES (NEW.amount); RETURN NULL; END$$;
CREATE TRIGGER a BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION set_amount();
"""


@pytest.mark.parametrize(
    ("event", "logged"),
    [
        ("UPDATE OF amount ON item FOR EACH ROW", []),
        ("UPDATE ON item FOR EACH ROW WHEN (OLD.amount IS DISTINCT FROM NEW.amount)", [(2,)]),
    ],
)
def test_only_a_condition_sees_what_another_trigger_sets(
    event: str, logged: list[tuple[int]], database: str
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(SCHEMA.encode())
        connection.execute(f"CREATE TRIGGER b AFTER {event} EXECUTE FUNCTION log_amount()".encode())
        connection.execute("UPDATE item SET status = 'b'")

        assert connection.execute("SELECT amount FROM log").fetchall() == logged
