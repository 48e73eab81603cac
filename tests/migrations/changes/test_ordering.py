"""Operations in the order in which each finds what it needs."""

from __future__ import annotations

import itertools

import pytest

from pgtrigger_codegen.migrations.changes.autodetector import source_trigger
from pgtrigger_codegen.migrations.changes.operations import (
    CreateTrigger,
    DropTrigger,
    ReplaceTrigger,
    Trigger,
    TriggerOperation,
    describe,
)
from pgtrigger_codegen.migrations.changes.ordering import in_order_of_need
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.statements import (
    CreateTriggerStatement as Created,
)
from pgtrigger_codegen.sql.statements import (
    DropFunction,
    read_statements,
)
from pgtrigger_codegen.sql.statements import (
    DropTriggerStatement as Dropped,
)
from tests.migrations.builders import trigger

MODELS = ("Bar", "Foo", "Quux", "Zoo")


def named(table: str, model: str) -> Trigger:
    """The trigger of a table under the name that it has on a model."""
    return source_trigger(trigger(f"shop.{model}:p", table=table.lower()), {})


def renamed(table: str, model: str) -> ReplaceTrigger:
    return ReplaceTrigger(named(table, table), named(table, model))


def run(operations: list[TriggerOperation]) -> set[tuple[str, str]]:
    """Tables and triggers after the operations, as PostgreSQL would have them."""
    there = {
        (model.lower(), named(model, model).parts.pgid): named(model, model).parts.pgid
        for model in MODELS
    }
    functions = set(there.values())
    for operation in operations:
        for statement in read_statements(operation.to_sql()):
            match statement:
                case Created(table=QualifiedName(name=table), name=name):
                    assert name not in there.values(), "one function for two triggers"
                    there[table, name] = name
                    functions.add(name)
                case Dropped(table=QualifiedName(name=table), name=name):
                    there.pop((table, name), None)
                case DropFunction(function=QualifiedName(name=name)):
                    assert name not in there.values(), "other objects depend on it"
                    functions.discard(name)
                case _:
                    pass
    assert functions == set(there.values())
    return set(there)


@pytest.mark.parametrize("models", list(itertools.permutations(MODELS)))
def test_models_change_their_names_in_any_way(models: tuple[str, ...]) -> None:
    pairs = [pair for pair in zip(MODELS, models, strict=True) if pair[0] != pair[1]]

    operations = in_order_of_need([renamed(*pair) for pair in pairs])

    assert run(operations) == {
        (table.lower(), named(table, model).parts.pgid)
        for table, model in zip(MODELS, models, strict=True)
    }
    # And back again.
    back = [operation.reverse() for operation in reversed(operations)]
    assert len(run([*operations, *back])) == len(MODELS)


def test_a_name_is_freed_before_it_is_taken() -> None:
    created = CreateTrigger(named("new", "Foo"))
    moved = renamed("Foo", "Arc")

    assert in_order_of_need([created, moved]) == [moved, created]


def test_a_trigger_goes_before_another_one_gets_its_name() -> None:
    moved, dropped = renamed("Bar", "Foo"), DropTrigger(named("Foo", "Foo"))

    assert in_order_of_need([moved, dropped]) == [dropped, moved]


def test_what_needs_nothing_stays_where_it_is() -> None:
    listed: list[TriggerOperation] = [
        CreateTrigger(named("c", "C")),
        DropTrigger(named("a", "A")),
        renamed("Foo", "New"),
    ]

    assert in_order_of_need(listed) == listed


def test_the_temporary_name_is_told() -> None:
    first, second, last = in_order_of_need([renamed("Foo", "Bar"), renamed("Bar", "Foo")])

    assert "to a temporary name" in describe(first)
    assert "temporary" not in describe(second)
    assert describe(last) == "Rename trigger shop.Foo:p to shop.Bar:p"
