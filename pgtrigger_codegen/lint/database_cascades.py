"""Tables from which the database deletes rows on its own, when those that they refer to go.

Django writes such foreign keys for `DB_CASCADE`, and migrations may write them as SQL.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from pgtrigger_codegen.lint.bodies import BodyTrigger
from pgtrigger_codegen.lint.history import migrations_with
from pgtrigger_codegen.lint.tables import Tables
from pgtrigger_codegen.migrations.operation_sql import operation_sql
from pgtrigger_codegen.migrations.state import in_search_path
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.sql.foreign_keys import CascadingKey, cascading_keys, dropped_constraints
from pgtrigger_codegen.sql.names import QualifiedName, table_name


@dataclass(frozen=True, slots=True)
class Cascade:
    """Columns of a table, and the table that they refer to."""

    columns: tuple[str, ...]
    referenced: QualifiedName


class DatabaseCascades:
    """The cascades of a project."""

    def __init__(self, analysis: Analysis, tables: Tables) -> None:
        self._analysis = analysis
        self._tables = tables

    def into(self, trigger: BodyTrigger) -> Iterator[Cascade]:
        """Those that delete from the trigger's table."""
        model = self._tables.owner_of(trigger)
        for column, label in model.cascades if model else ():
            referenced = self._analysis.models.get(label)
            if referenced is not None:
                yield Cascade((column,), in_search_path(table_name(referenced.table)))
        table = in_search_path(table_name(trigger.table))
        for key in self._written:
            if in_search_path(key.table) == table:
                yield Cascade(key.columns, in_search_path(key.referenced))

    @functools.cached_property
    def _written(self) -> tuple[CascadingKey, ...]:
        """Of the migrations' SQL, less the constraints that any of it drops by name."""
        keys = [key for sql in self._sql("cascade") for key in cascading_keys(sql)]
        dropped: set[str] = set()
        for sql in self._sql("constraint") if keys else ():
            dropped.update(dropped_constraints(sql))
        return tuple(key for key in keys if key.name not in dropped)

    def _sql(self, word: str) -> Iterator[str]:
        for _, migration in migrations_with(self._analysis, word):
            operations = migration.operations
            for operation in operations if isinstance(operations, list | tuple) else ():
                yield from (sql for sql in operation_sql(operation) if word in sql.lower())
