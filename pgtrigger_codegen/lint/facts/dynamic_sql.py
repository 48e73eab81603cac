"""Finds values that an EXECUTE puts into SQL without quotes, and that can do harm."""

from __future__ import annotations

from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.sql.body_facts import Dynamic


def unquoted_values(tables: ModelTables, trigger: BodyTrigger, execute: Dynamic) -> tuple[str, ...]:
    """The values that nothing quotes, without numbers that are never NULL, as keys are."""
    if not execute.unquoted:
        return ()
    model = tables.owner_of(trigger)
    numbers = model.numbers if model else ()
    return tuple(value for value in execute.unquoted if value.partition(".")[2] not in numbers)
