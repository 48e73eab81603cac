"""Tables from which the database itself deletes rows, when the rows they refer to are deleted.

Django writes such foreign keys for `DB_CASCADE`, and migrations may write them as SQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.history import replayed_history
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.sql.names import QualifiedName, table_name


class Cascade(Struct, frozen=True):
    """Columns of a table, and the table that they refer to."""

    columns: tuple[str, ...]
    referenced: QualifiedName


class DatabaseCascades:
    """The cascades of a project."""

    def __init__(self, analysis: Analysis, tables: ModelTables) -> None:
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
        found = replayed_history(self._analysis)
        for key in found.operations.cascades if found else ():
            if in_search_path(key.table) == table:
                yield Cascade(key.columns, in_search_path(key.referenced))
