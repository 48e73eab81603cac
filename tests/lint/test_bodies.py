"""The corpus of bodies: what the linter says of each is compared with what PostgreSQL does."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from tests.lint.bodies import (
    FIRST_LINE,
    FOLDER,
    SCHEMA,
    BodyCase,
    goes_wrong,
    lint,
    measure,
    read_bodies,
    write_outcomes,
)

FILES = sorted(FOLDER.glob("*.sql"))
BODIES = {f"{body.file.stem}: {body.name}": body for body in read_bodies(FILES)}

each_body = pytest.mark.parametrize("name", BODIES)


def measured_outcomes(bodies: Iterable[BodyCase], dsn: str) -> dict[str, str]:
    """What a server does with each body, by name; all tables are temporary."""
    with psycopg.connect(dsn) as connection:
        connection.execute("SET search_path = pg_temp, public")
        with connection.transaction(force_rollback=True):
            connection.execute("CREATE SCHEMA bodies")
            connection.execute("SET LOCAL search_path = bodies")
            connection.execute(SCHEMA.encode())
            return {body.name: outcome(body, connection) for body in bodies}


def outcome(body: BodyCase, connection: psycopg.Connection) -> str:
    """Virtual columns came with PostgreSQL 18; before it, what is written down has to do."""
    if body.file.stem == "virtual" and connection.info.server_version < 180000:
        return body.outcome
    return measure(body, connection)


def test_there_are_many_and_all_have_names_of_their_own() -> None:
    assert len(BODIES) == sum(file.read_text().count("-- body: ") for file in FILES) >= 120


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Diagnostic]]:
    """What the linter says of a body, which is the same for all tests."""
    folder = tmp_path_factory.mktemp("bodies")
    return functools.cache(lambda name: lint(BODIES[name], folder))


@each_body
def test_findings(name: str, linted: Callable[[str], list[Diagnostic]]) -> None:
    body = BODIES[name]

    found = linted(name)

    assert [one.code for one in found] == ([body.finding] if body.finding else [])
    for one in found:
        if body.place is not None:
            line, column = map(int, body.place.split(":"))
            assert (one.span.line - FIRST_LINE + 1, one.span.column) == (line, column)
        elif one.span.line != 3:
            assert FIRST_LINE <= one.span.line < FIRST_LINE + len(body.func.split("\n"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_outcomes(file: Path, postgres: str, *, update_expected: bool) -> None:
    measured = measured_outcomes(read_bodies([file]), postgres)
    if update_expected:
        write_outcomes(file, measured)

    assert {body.name: body.outcome for body in read_bodies([file])} == measured


@each_body
def test_an_error_is_what_postgresql_fails_on_or_loses(
    name: str, linted: Callable[[str], list[Diagnostic]]
) -> None:
    """The outcome is the one that is written down, which `test_outcomes` has measured."""
    body = BODIES[name]
    severities = {one.severity for one in linted(name)}

    if "error" in severities:
        assert goes_wrong(body.outcome)
    elif not severities and not body.meant:
        assert goes_wrong(body.outcome) is bool(body.missed)


@pytest.mark.parametrize(
    ("survey", "size"), [("survey", 120), ("second_survey", 150), ("third_survey", 70)]
)
def test_of_a_survey_most_is_reported_and_nothing_that_is_right(survey: str, size: int) -> None:
    """Bodies that were written before the rules that report them, of all classes alike."""
    wrong = [body for body in BODIES.values() if body.file.stem == f"{survey}_wrong"]
    right = [body for body in BODIES.values() if body.file.stem == f"{survey}_right"]
    reported = [body for body in wrong if body.finding not in (None, "PGT315")]

    assert len(wrong) + len(right) >= size
    assert len(reported) >= 0.85 * len(wrong)
    # What is put together at run time is no finding, but a limit.
    assert {body.finding for body in right} <= {None, "PGT315"}


@pytest.mark.parametrize("depth", [60, 100, 130, 197, 1000])
@pytest.mark.parametrize(
    ("before", "opening", "inner", "closing", "after"),
    [
        ("", "IF NEW.amount > 1 THEN ", "NULL;", " END IF;", ""),
        ("", "BEGIN ", "NULL;", " END;", ""),
        ("NEW.amount := ", "(SELECT ", "1", ")", ";"),
        ("IF ", "NOT (", "TG_OP = 'INSERT'", ")", " THEN NULL; END IF;"),
        ("EXECUTE ", "'a' || (", "NEW.status", ")", ";"),
        ("UPDATE shop_order SET amount = 1 WHERE ", "NOT (", "id = NEW.id", ")", ";"),
    ],
)
def test_deep_nesting_does_not_raise(
    before: str, opening: str, inner: str, closing: str, after: str, depth: int, tmp_path: Path
) -> None:
    func = before + opening * depth + inner + closing * depth + after
    body = replace(BODIES["usual: FOREACH"], when="BEFORE", declare="", func=f"{func} RETURN NEW;")

    assert {one.code for one in lint(body, tmp_path)} <= {"PGT314", "PGT315"}
