"""Operations and their reverses."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.migrations.autodetector import source_trigger
from pgtrigger_codegen.migrations.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    ReplaceTrigger,
    TriggerOperation,
    describe,
    name_fragment,
)
from tests.migrations.builders import moved, trigger

OLD = source_trigger(trigger(), {})
NEW = source_trigger(moved(trigger(), func="RETURN OLD;"), {})

OPERATIONS: list[tuple[TriggerOperation, TriggerOperation]] = [
    (CreateTrigger(NEW), DropTrigger(NEW)),
    (DropTrigger(OLD), CreateTrigger(OLD)),
    (AlterTriggerFunction(OLD, NEW), AlterTriggerFunction(NEW, OLD)),
    (ReplaceTrigger(OLD, NEW), ReplaceTrigger(NEW, OLD)),
]


@pytest.mark.parametrize(("operation", "reverse"), OPERATIONS)
def test_reversing(operation: TriggerOperation, reverse: TriggerOperation) -> None:
    assert operation.reverse() == reverse
    assert operation.reverse().reverse() == operation
    assert operation.to_sql() != reverse.to_sql()


@pytest.mark.parametrize(
    ("operation", "kind", "description", "fragment"),
    [
        (CreateTrigger(NEW), "add", "Add trigger shop.Order:protect", "order_protect"),
        (DropTrigger(OLD), "remove", "Remove trigger shop.Order:protect", "remove_order_protect"),
        (
            AlterTriggerFunction(OLD, NEW),
            "alter",
            "Change the function of trigger shop.Order:protect",
            "alter_order_protect",
        ),
        (
            ReplaceTrigger(OLD, NEW),
            "alter",
            "Change trigger shop.Order:protect",
            "alter_order_protect",
        ),
    ],
)
def test_words(operation: TriggerOperation, kind: str, description: str, fragment: str) -> None:
    assert operation.kind == kind
    assert describe(operation) == description
    assert name_fragment(operation) == fragment
