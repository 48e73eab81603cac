"""Stage migrations: the names of all triggers in the history, dropped ones included."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import operations
from msgspec import Struct, field

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.migrations.replaying.sql_statements import statements
from pgtrigger_codegen.migrations.replaying.state import MigrationState, in_search_path
from pgtrigger_codegen.migrations.schema.table_changes import RenamedTable
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.statements import DropTriggerStatement


class TriggerNames(Struct):
    """Collects the names of triggers, operation by operation.

    Attributes:
        apps: The project's own.
        order: The place of each operation in the history.
        first: The place at which each trigger is named first.
    """

    apps: frozenset[str]
    order: dict[tuple[Key, int], int] = field(default_factory=dict)
    first: dict[TriggerKey, int] = field(default_factory=dict)

    def before(self, moment: ReplayedState) -> None:
        self.order[moment.migration, moment.index] = len(self.order)

    def after(self, moment: ReplayedState) -> None:
        if moment.migration[0] in self.apps:
            for table, name in (*moment.changed, *_dropped(moment.operation)):
                self.first.setdefault((in_search_path(table), name), len(self.order) - 1)

    def everywhere(self, state: MigrationState) -> frozenset[TriggerKey]:
        """The names, also as they are after later changes of their tables' names."""
        names = dict(self.first)
        for place, change in sorted(_renamings(state, self.order), key=lambda item: item[0]):
            old, new = in_search_path(change.old), in_search_path(change.new)
            for table, name in [key for key, first in names.items() if first <= place]:
                if table == old:
                    names.setdefault((new, name), place)
        return frozenset(names)


def _dropped(operation: object) -> Iterator[TriggerKey]:
    """Triggers that SQL drops, also where no migration has made them."""
    match operation:
        case operations.SeparateDatabaseAndState():
            for part in operation.database_operations:
                yield from _dropped(part)
        case operations.RunSQL():
            for sql in sql_texts(operation.sql):
                for found in () if isinstance(sql, Unknown) else statements(sql):
                    if not isinstance(found, Unknown) and isinstance(
                        found[1], DropTriggerStatement
                    ):
                        yield found[1].table, found[1].name


def _renamings(
    state: MigrationState, order: dict[tuple[Key, int], int]
) -> Iterator[tuple[int, RenamedTable]]:
    for changes in state.changes.values():
        for made in changes:
            if isinstance(made.change, RenamedTable):
                yield order.get((made.migration, made.index), 0), made.change
