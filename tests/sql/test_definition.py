from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.definition import (
    Definition,
    RowReference,
    TransitionTable,
    condition_problem,
    cut_identifier,
    is_half_wrapped,
    read_definition,
)
from pgtrigger_codegen.sql.names import QualifiedName
from tests.sql.cases import constraint, parts


def definition(**overrides: str) -> Definition:
    found = read_definition(parts(**overrides))
    assert isinstance(found, Definition)
    return found


@pytest.mark.parametrize(
    ("when", "operation", "events"),
    [
        ("BEFORE", "INSERT", ("INSERT",)),
        ("AFTER", "TRUNCATE OR DELETE", ("DELETE", "TRUNCATE")),
        ("INSTEAD OF", "UPDATE OR INSERT", ("INSERT", "UPDATE")),
    ],
)
def test_timing_and_events(when: str, operation: str, events: tuple[str, ...]) -> None:
    found = definition(when=when, operation=operation)

    assert (found.timing, found.events) == (when, events)


def test_level_constraint_and_columns() -> None:
    assert definition(level="STATEMENT").is_row_level is False
    assert definition().is_row_level is True
    found = read_definition(constraint())
    assert isinstance(found, Definition)
    assert found.is_constraint
    assert definition(operation='UPDATE OF "total", status').update_of == ("total", "status")
    assert not definition().is_update_of


def test_transition_tables() -> None:
    found = definition(
        when="AFTER", level="STATEMENT", referencing="REFERENCING OLD TABLE AS o NEW TABLE AS n"
    )

    assert found.transition_tables == (TransitionTable("OLD", "o"), TransitionTable("NEW", "n"))


def test_references_each_once() -> None:
    found = definition(condition='WHEN (OLD."total" > 0 AND NEW.* IS NOT NULL AND OLD.total < 9)')

    assert found.references == (RowReference("OLD", "total"), RowReference("NEW", None))
    assert [str(one) for one in found.references] == ["OLD.total", "NEW.*"]
    assert found.stray_columns == ()
    assert found.has_condition


def test_columns_without_a_row() -> None:
    found = definition(condition="WHEN (total > 0 OR other.name = 'x')")

    assert found.stray_columns == ("total", "other.name")


def test_a_subquery_has_columns_of_its_own() -> None:
    found = definition(condition="WHEN (OLD.id IN (SELECT id FROM erc.report WHERE id = NEW.id))")

    assert found.has_subquery
    assert found.relations == (QualifiedName("erc", "report"),)
    assert found.stray_columns == ()
    assert found.references == (RowReference("OLD", "id"), RowReference("NEW", "id"))


def test_without_a_condition_nothing_is_constant() -> None:
    assert (definition().constant, definition().has_condition) == (None, False)
    assert definition(condition="WHEN (OLD.total = NULL)").constant is False


def test_the_condition_is_at_fault_only_where_the_rest_parses() -> None:
    assert condition_problem(parts(condition="WHEN (OLD.total 0)")) is not None
    assert condition_problem(parts(condition="WHEN (OLD.total > 0)")) is None
    assert condition_problem(parts()) is None
    assert condition_problem(parts(operation="UPDAT", condition="WHEN (TRUE)")) is None


@pytest.mark.parametrize(
    ("condition", "half"),
    [
        ("WHEN (OLD.a) OR (OLD.b)", True),
        ("WHEN (OLD.a OR)", False),
        ("WHEN OLD.a", False),
    ],
)
def test_half_wrapped(condition: str, half: bool) -> None:
    assert is_half_wrapped(condition) is half


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a" * 63, "a" * 63), ("a" * 64, "a" * 63), ("a" * 62 + "é", "a" * 62), ("", "")],
)
def test_identifiers_are_cut_by_bytes(name: str, kept: str) -> None:
    assert cut_identifier(name) == kept
