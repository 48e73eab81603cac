"""Function bodies, planned by a server: what it finds, and what it rightly leaves alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts
from pgtrigger_codegen.sql.body_text import create_function
from pgtrigger_codegen.verification.absence import UnmodelledSource
from pgtrigger_codegen.verification.planning import Planned, plan_body
from pgtrigger_codegen.verification.reading import BodyReader
from pgtrigger_codegen.verification.room import Limits, Room, open_room
from pgtrigger_codegen.verification.schema import Schema
from tests.lint.bodies import (
    FOLDER,
    SCHEMA,
    VIRTUAL,
    BodyCase,
    compiled,
    goes_wrong,
    measure,
    read_bodies,
)
from tests.lint.facts import analysis

BODIES = [
    *read_bodies(sorted(FOLDER.glob("*.sql"))),
    *read_bodies(sorted((FOLDER / "server").glob("*.sql"))),
]
"""Those of the linter, and those that only a server can judge."""

_VALUES = ("0Z002", "20000", "22004", "2201B", "22023", "23502", "34000", "42P03", "54001")
"""What only values show, the state of cursors and handlers, or triggers that fire each other."""


@pytest.fixture(scope="module")
def room(postgres: str) -> Iterator[Room]:
    with open_room(postgres, "--dsn", Limits()) as room:
        room.execute("CREATE SCHEMA bodies")
        room.execute("SET search_path = bodies")
        # The rows of the linter's test are not needed.
        room.execute(SCHEMA.partition("INSERT INTO")[0])
        room.keep()
        yield room


def _planned(room: Room, body: BodyCase) -> Planned | str:
    """What planning says, or in the server's words why the function cannot be created."""
    facts = analysis()
    with room.undone():
        if body.file.stem == "virtual":
            room.execute(VIRTUAL)
        refused = room.attempt(create_function(body.declare, body.func))
        if refused is not None:
            return refused.message
        source = UnmodelledSource(ProjectTexts(facts), has_all_tables=True)
        return plan_body(room, Schema({}, {}), compiled(body), source, BodyReader(facts))


def _states(body: BodyCase) -> set[str]:
    """The errors with which a server was seen to refuse it."""
    return set(re.findall(r"\b[0-9A-Z]{5}\b", body.outcome))


def _fails(body: BodyCase) -> bool:
    """Whether a server was seen to refuse a statement, and not because of values."""
    return not body.outcome.startswith("refused") and any(
        state not in _VALUES and not state.startswith(("P0", "23")) for state in _states(body)
    )


@pytest.mark.early
def test_what_runs_is_not_called_wrong(room: Room) -> None:
    """Whatever is found must be in a body that a server was seen to refuse."""
    wrong = {}
    for body in BODIES:
        if body.outcome.startswith("refused") or _states(body) - {"P0001"}:
            continue
        planned = _planned(room, body)
        if isinstance(planned, str) or planned.faults:
            wrong[f"{body.file.stem}: {body.name}"] = planned

    assert not wrong


@pytest.mark.early
def test_what_fails_is_found(room: Room) -> None:
    failing = [body for body in BODIES if _fails(body)]
    missed = []
    for body in failing:
        planned = _planned(room, body)
        if not isinstance(planned, str) and not planned.faults:
            missed.append(f"{body.file.stem}: {body.name}")

    assert len(missed) <= len(failing) * 0.05, missed


def test_of_regression_tests_nearly_all_is_found_and_nothing_that_is_right(room: Room) -> None:
    """Bodies of all kinds that PostgreSQL and plpgsql_check test themselves with."""
    both = {
        kind: read_bodies([FOLDER / "server" / f"regress_{kind}.sql"])
        for kind in ("wrong", "right")
    }
    found = {
        kind: [body for body in bodies if _is_found(_planned(room, body))]
        for kind, bodies in both.items()
    }

    assert sum(map(len, both.values())) >= 150
    assert found["right"] == []
    assert all(goes_wrong(body.outcome) for body in both["wrong"])
    assert not any(goes_wrong(body.outcome) for body in both["right"])
    missed = [body for body in both["wrong"] if body not in found["wrong"]]
    assert len(missed) <= len(both["wrong"]) * 0.09
    # Of most of these, PostgreSQL's own planner knows nothing either.
    assert len([body for body in missed if not body.missed]) <= 1


def test_the_outcomes_are_those_of_a_server(postgres: str) -> None:
    """As they are written down for bodies that only a server can judge."""
    with psycopg.connect(postgres) as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE SCHEMA bodies")
        connection.execute("SET LOCAL search_path = bodies")
        connection.execute(SCHEMA.encode())
        for name in ("regress_wrong", "regress_right"):
            for body in read_bodies([FOLDER / "server" / f"{name}.sql"]):
                assert goes_wrong(measure(body, connection)) is (name == "regress_wrong"), body.name


def _is_found(planned: Planned | str) -> bool:
    return isinstance(planned, str) or bool(planned.faults)


def test_nothing_runs(room: Room, tmp_path: Path) -> None:
    """Planning a function that writes, waits and raises leaves nothing and takes no time."""
    (body,) = (one for one in BODIES if one.name == "writes, waits and raises")

    planned = _planned(room, body)

    assert not isinstance(planned, str)
    assert planned.faults == ()
    assert room.rows("SELECT count(*) FROM bodies.shop_log") == [(0,)]
