"""Finds columns that triggers name and their tables lack, and suggests the right ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import table_owner
from pgtrigger_codegen.lint.facts.project_files import migration_texts
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.definition import SYSTEM_COLUMNS, Definition, cut_identifier
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

Place = Literal["condition", "update_of"]


class MissingColumn(Struct, frozen=True):
    """A column that a trigger names and its table does not have.

    Attributes:
        place: `condition` after OLD or NEW, `update_of` in `UPDATE OF`.
        field: The field of that name, and its column, where there is one.
        parent: The parent model whose table has the column, or whose field has that name.
    """

    trigger: CompiledTrigger
    model: ModelFact
    column: str
    place: Place
    field: tuple[str, str] | None = None
    parent: str | None = None


def missing_columns(context: LintContext) -> Iterator[MissingColumn]:
    """Only of tables all of whose columns are known, and of none that a relation leads to.

    A table that Django does not manage may have more columns than its model, and so may one
    that SQL in a migration adds a column to.
    """
    for trigger, definition in context.definitions():
        model = table_owner(context.analysis, trigger)
        if model is None or model.columns is None or not model.managed:
            continue
        named = list(_named(definition))
        if not named:
            continue
        known = {cut_identifier(column) for column in model.columns} | SYSTEM_COLUMNS
        joined = {lookup.column for lookup in trigger.joined if not lookup.to_parent}
        for column, place in named:
            if column in known or (place == "condition" and column in joined):
                continue
            if not _is_added_by_sql(context, column):
                field, parent = _field(model, column), _parent(context, model, column)
                yield MissingColumn(trigger, model, column, place, field, parent)


def _named(definition: Definition) -> Iterator[tuple[str, Place]]:
    columns = (reference.column for reference in definition.references)
    yield from ((column, "condition") for column in dict.fromkeys(columns) if column)
    yield from ((column, "update_of") for column in definition.update_of)


def _field(model: ModelFact, name: str) -> tuple[str, str] | None:
    found = [item for item in model.field_columns if item[0] == name]
    return found[0] if found else None


def _parent(context: LintContext, model: ModelFact, name: str) -> str | None:
    for label in model.parents:
        parent = context.analysis.models.get(label)
        if parent and any(name in pair for pair in parent.field_columns):
            return label
    return None


def _is_added_by_sql(context: LintContext, column: str) -> bool:
    """Whether SQL in any migration of the project adds a column of that name."""
    pattern = re.compile(
        rf"ADD\s+(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?[\\\"]*{re.escape(column)}\b", re.IGNORECASE
    )
    return any(
        pattern.search(text)
        for _, text in migration_texts(context.analysis.project.first_party_apps)
    )
