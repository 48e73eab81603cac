"""Cycles of several triggers: what is reported is what a server never comes to an end with."""

from __future__ import annotations

import psycopg
import pytest
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rules.trigger_cycle import TriggerCycle
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.body_text import create_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.lint.facts import analysis, trigger

STACK_IS_FULL = "54001"
TABLES = """
CREATE TABLE city (id integer PRIMARY KEY, size integer);
CREATE TABLE person (
    id integer PRIMARY KEY, city_id integer, friend_id integer, age integer, born integer
);
CREATE TABLE visit (id serial PRIMARY KEY, person_id integer, city_id integer);
INSERT INTO city VALUES (1, 10), (2, 20);
INSERT INTO person VALUES (1, 1, 2, 30, 1990), (2, 1, NULL, 40, 1980), (3, 2, 1, 50, 1970);
INSERT INTO visit (person_id, city_id) VALUES (1, 1), (2, 2);
"""
WRITE = "UPDATE person SET age = 31 WHERE id = 1"


class Fired(Struct, frozen=True):
    table: str
    when: str
    func: str
    level: str = "ROW"
    condition: str = ""
    constraint: str = ""


PERSON_TO_CITY = Fired(
    "person", "AFTER UPDATE", "UPDATE city SET size = 1 WHERE id = NEW.city_id; RETURN NULL;"
)
CITY_TO_PEOPLE = Fired(
    "city", "AFTER UPDATE", "UPDATE person SET age = 1 WHERE city_id = NEW.id; RETURN NULL;"
)
PERSON_TO_VISIT = Fired(
    "person",
    "AFTER UPDATE",
    "INSERT INTO visit (person_id, city_id) VALUES (NEW.id, NEW.city_id); RETURN NULL;",
)

ENDLESS = {
    "back and forth": [PERSON_TO_CITY, CITY_TO_PEOPLE],
    "all rows on the way back": [
        PERSON_TO_CITY,
        replace(CITY_TO_PEOPLE, func="UPDATE person SET age = 1; RETURN NULL;"),
    ],
    "all rows on the way there": [
        replace(PERSON_TO_CITY, func="UPDATE city SET size = 1; RETURN NULL;"),
        CITY_TO_PEOPLE,
    ],
    "before the rows are written": [
        replace(PERSON_TO_CITY, when="BEFORE UPDATE"),
        replace(CITY_TO_PEOPLE, when="BEFORE UPDATE"),
    ],
    "through a new row": [
        PERSON_TO_VISIT,
        Fired(
            "visit",
            "AFTER INSERT",
            "UPDATE person SET age = 1 WHERE id = NEW.person_id; RETURN NULL;",
        ),
    ],
    "over three tables": [
        PERSON_TO_VISIT,
        Fired(
            "visit", "AFTER INSERT", "UPDATE city SET size = 1 WHERE id = NEW.city_id; RETURN NULL;"
        ),
        CITY_TO_PEOPLE,
    ],
    "for each statement": [
        replace(PERSON_TO_CITY, level="STATEMENT", func="UPDATE city SET size = 1; RETURN NULL;"),
        CITY_TO_PEOPLE,
    ],
    "for statements that find nothing": [
        replace(
            PERSON_TO_CITY,
            level="STATEMENT",
            func="UPDATE city SET size = 1 WHERE size = -1; RETURN NULL;",
        ),
        replace(
            CITY_TO_PEOPLE, level="STATEMENT", func="DELETE FROM visit WHERE id = -1; RETURN NULL;"
        ),
        Fired(
            "visit",
            "BEFORE DELETE",
            "UPDATE person SET age = 1 WHERE id = -1; RETURN NULL;",
            level="STATEMENT",
        ),
    ],
    "deletes before the rows are deleted": [
        Fired("person", "BEFORE UPDATE", "DELETE FROM city WHERE id = NEW.city_id; RETURN NEW;"),
        Fired(
            "city", "BEFORE DELETE", "UPDATE person SET age = 1 WHERE city_id = OLD.id; RETURN OLD;"
        ),
    ],
    "a column that is watched": [
        replace(PERSON_TO_CITY, when="AFTER UPDATE OF born, age"),
        CITY_TO_PEOPLE,
    ],
    "other triggers that only watch or compute": [
        PERSON_TO_CITY,
        CITY_TO_PEOPLE,
        Fired("city", "BEFORE UPDATE", "NEW.size = NEW.size + 1; RETURN NEW;"),
        Fired("person", "AFTER UPDATE", "RETURN NULL;"),
    ],
    "a condition that always holds": [
        PERSON_TO_CITY,
        replace(CITY_TO_PEOPLE, condition="WHEN (TRUE)"),
    ],
    "constraint triggers": [
        replace(PERSON_TO_CITY, constraint="CONSTRAINT"),
        replace(CITY_TO_PEOPLE, constraint="CONSTRAINT"),
    ],
}
ENDING = {
    "one way": [PERSON_TO_CITY],
    "another event": [PERSON_TO_CITY, replace(CITY_TO_PEOPLE, when="AFTER DELETE")],
    "another column": [
        replace(PERSON_TO_CITY, when="AFTER UPDATE OF born"),
        CITY_TO_PEOPLE,
    ],
    "a condition that compares": [
        PERSON_TO_CITY,
        replace(CITY_TO_PEOPLE, condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
    ],
    "the depth in a condition": [
        PERSON_TO_CITY,
        replace(CITY_TO_PEOPLE, condition="WHEN (pg_trigger_depth() = 1)"),
    ],
    "the depth in the function": [
        PERSON_TO_CITY,
        replace(
            CITY_TO_PEOPLE,
            func="IF pg_trigger_depth() = 1 THEN "
            "UPDATE person SET age = 1 WHERE city_id = NEW.id; END IF; RETURN NULL;",
        ),
    ],
    "a row that has it already": [
        PERSON_TO_CITY,
        replace(
            CITY_TO_PEOPLE,
            func="UPDATE person SET age = 1 WHERE city_id = NEW.id AND age <> 1; RETURN NULL;",
        ),
    ],
    "from friend to friend": [
        Fired(
            "person",
            "AFTER UPDATE",
            "UPDATE city SET size = NEW.friend_id WHERE id = NEW.city_id;"
            " INSERT INTO visit (person_id) VALUES (NEW.friend_id); RETURN NULL;",
        ),
        Fired(
            "visit",
            "AFTER INSERT",
            "UPDATE person SET age = 1 WHERE id = NEW.person_id; RETURN NULL;",
        ),
    ],
    "a new row without the key": [
        replace(
            PERSON_TO_VISIT, func="INSERT INTO visit (city_id) VALUES (NEW.city_id); RETURN NULL;"
        ),
        Fired(
            "visit",
            "AFTER INSERT",
            "UPDATE person SET age = 1 WHERE id = NEW.person_id; RETURN NULL;",
        ),
    ],
    "rows that are gone": [
        Fired("person", "AFTER UPDATE", "DELETE FROM visit WHERE person_id = NEW.id; RETURN NULL;"),
        Fired(
            "visit",
            "AFTER DELETE",
            "UPDATE person SET age = 1 WHERE id = OLD.person_id; RETURN NULL;",
        ),
    ],
    "a trigger that drops the write": [
        PERSON_TO_CITY,
        CITY_TO_PEOPLE,
        Fired("city", "BEFORE UPDATE", "RETURN NULL;"),
    ],
    "a trigger that drops the write of values it has": [
        PERSON_TO_CITY,
        CITY_TO_PEOPLE,
        Fired(
            "city",
            "BEFORE UPDATE",
            "IF NEW.size = OLD.size THEN RETURN NULL; END IF; RETURN NEW;",
        ),
    ],
    "a key that is moved": [
        PERSON_TO_CITY,
        replace(
            CITY_TO_PEOPLE,
            func="UPDATE person SET city_id = 9 WHERE city_id = NEW.id; RETURN NULL;",
        ),
    ],
    "a key that is assigned": [
        PERSON_TO_CITY,
        CITY_TO_PEOPLE,
        Fired("person", "BEFORE UPDATE", "NEW.city_id = NULL; RETURN NEW;"),
    ],
    "statements that find nothing": [
        PERSON_TO_CITY,
        replace(
            CITY_TO_PEOPLE,
            level="STATEMENT",
            func="UPDATE person SET age = 1 WHERE id = -1; RETURN NULL;",
        ),
    ],
}


@pytest.mark.parametrize("name", ENDLESS)
def test_endless(name: str, postgres: str) -> None:
    assert len(findings(ENDLESS[name])) == 1
    assert outcome(ENDLESS[name], postgres) == STACK_IS_FULL


@pytest.mark.parametrize("name", ENDING)
def test_ending(name: str, postgres: str) -> None:
    assert findings(ENDING[name]) == []
    assert outcome(ENDING[name], postgres) is None


def test_the_path_is_told() -> None:
    [one] = findings(ENDLESS["over three tables"])

    assert one.message == (
        "Triggers fire each other without end:"
        " `app.City:t2` → `app.Person:t0` → `app.Visit:t1` → `app.City:t2`"
    )
    assert [note.message for note in one.notes] == [
        "this UPDATE of `person` fires `app.Person:t0`",
        "this INSERT of `visit` fires `app.Visit:t1`",
        "this UPDATE of `city` fires `app.City:t2`",
    ]


def test_triggers_of_packages_may_stop_it() -> None:
    raising = Fired("city", "BEFORE UPDATE", "RAISE EXCEPTION 'no';")
    facts = analysis(
        triggers=compiled(ENDLESS["back and forth"]), foreign_triggers=compiled([raising])
    )

    assert list(TriggerCycle().check(LintContext(facts))) == []


def findings(fired: list[Fired]) -> list[Diagnostic]:
    return list(TriggerCycle().check(LintContext(analysis(triggers=compiled(fired)))))


def compiled(fired: list[Fired]) -> tuple[CompiledTrigger, ...]:
    found = []
    for number, one in enumerate(fired):
        at = Span("/nowhere/models.py", number + 1, 1, number + 1, 2)
        fact = trigger(f"app.{one.table.capitalize()}:t{number}", at, table=one.table)
        when, operation = one.when.split(" ", 1)
        parts = replace(
            fact.parts,
            func=one.func,
            when=when,
            operation=operation,
            level=one.level,
            condition=one.condition,
            constraint=one.constraint,
            pgid=f"t{number}",
            execute=f"t{number}()",
        )
        found.append(replace(fact, class_name="pgtrigger.core.Trigger", parts=parts))
    return tuple(found)


def outcome(fired: list[Fired], dsn: str) -> str | None:
    """The SQLSTATE that a write ends with."""
    with psycopg.connect(dsn) as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE SCHEMA cycles; SET LOCAL search_path = cycles;")
        connection.execute(TABLES.encode())
        for number, one in enumerate(fired):
            function = create_function("", one.func).replace("f()", f"f{number}()")
            connection.execute(function.encode())
            connection.execute(
                f"CREATE {one.constraint} TRIGGER t{number} {one.when} ON {one.table}"
                f" FOR EACH {one.level} {one.condition} EXECUTE FUNCTION f{number}()".encode()
            )
        try:
            with connection.transaction():
                connection.execute(WRITE)
        except psycopg.Error as error:
            return error.sqlstate
    return None
