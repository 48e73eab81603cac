"""The project's triggers together with the facts of their CREATE TRIGGER, for the rules."""

from __future__ import annotations

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.definition import Definition, read_definition
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def read_definitions(analysis: Analysis) -> tuple[tuple[CompiledTrigger, Definition], ...]:
    """Every trigger whose statement parses (what does not is for `condition-sql-syntax`)."""
    read = ((trigger, read_definition(trigger.parts)) for trigger in analysis.triggers)
    return tuple((one, what) for one, what in read if isinstance(what, Definition))


def table_owner(analysis: Analysis, trigger: CompiledTrigger) -> ModelFact | None:
    """The model that owns the trigger's table, where it was read."""
    return analysis.models.get(trigger.concrete_model) or analysis.models.get(
        f"{trigger.app_label}.{trigger.model}"
    )


def named(trigger: CompiledTrigger) -> str:
    """How a message begins."""
    return f"Trigger `{trigger.uri}`"
