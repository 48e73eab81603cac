"""Operations and their reverses."""

from __future__ import annotations

import re

import pytest

from pgtrigger_codegen.migrations.changes.autodetector import source_trigger
from pgtrigger_codegen.migrations.changes.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    RecordHash,
    ReplaceTrigger,
    TriggerOperation,
    describe,
    name_fragment,
)
from tests.migrations.builders import moved, trigger

OLD = source_trigger(trigger(), {})
NEW = source_trigger(moved(trigger(), func="RETURN OLD;"), {})
RENAMED = source_trigger(trigger("shop.Order:keep"), {})

OPERATIONS: list[tuple[TriggerOperation, TriggerOperation]] = [
    (CreateTrigger(NEW), DropTrigger(NEW)),
    (DropTrigger(OLD), CreateTrigger(OLD)),
    (AlterTriggerFunction(OLD, NEW), AlterTriggerFunction(NEW, OLD)),
    (ReplaceTrigger(OLD, NEW), ReplaceTrigger(NEW, OLD)),
    (RecordHash(OLD, NEW), RecordHash(NEW, OLD)),
    (CreateTrigger(NEW, lifted=OLD), DropTrigger(NEW, lowered=OLD)),
    (DropTrigger(OLD, lowered=NEW), CreateTrigger(OLD, lifted=NEW)),
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
        (
            ReplaceTrigger(OLD, RENAMED),
            "rename",
            "Rename trigger shop.Order:protect to shop.Order:keep",
            "rename_order_keep",
        ),
        (
            RecordHash(OLD, NEW),
            "alter",
            "Record the new hash of trigger shop.Order:protect",
            "alter_order_protect",
        ),
        (
            DropTrigger(OLD, lowered=NEW),
            "alter",
            "Drop trigger shop.Order:protect while its table changes",
            "alter_order_protect",
        ),
        (
            CreateTrigger(NEW, lifted=OLD),
            "alter",
            "Create trigger shop.Order:protect again, after its table has changed",
            "alter_order_protect",
        ),
    ],
)
def test_words(operation: TriggerOperation, kind: str, description: str, fragment: str) -> None:
    assert operation.kind == kind
    assert describe(operation) == description
    assert name_fragment(operation) == fragment


def test_a_lifted_trigger_is_remembered_where_its_successor_looks() -> None:
    """Renamed or not, and backwards too."""
    for old, new in ((OLD, NEW), (OLD, RENAMED)):
        drop, create = DropTrigger(old, lowered=new), CreateTrigger(new, lifted=old)
        settings = [
            set(re.findall(r"'(pgtrigger_codegen\.\w+)'", operation.to_sql()))
            for operation in (drop, create, drop.reverse(), create.reverse())
        ]

        assert len(settings[0]) == 1
        assert all(found == settings[0] for found in settings)
