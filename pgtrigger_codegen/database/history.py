"""Stage database: which triggers the project's migrations know of, or have ever known of.

What is done by hand to a trigger that migrations manage, the migrations do not know of. And a
trigger that no migration has ever named may be another project's, on a shared table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import cached_property

from django.db.migrations import operations

from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.reading.graph import build_graph
from pgtrigger_codegen.migrations.reading.reader import Key, MigrationReader
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import Moment
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.sql_statements import statements
from pgtrigger_codegen.migrations.replaying.state import MigrationState, in_search_path
from pgtrigger_codegen.migrations.schema.table_changes import RenamedTable
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.statements import DropTrigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class ProjectHistory:
    """The migrations, replayed when somebody asks."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    def managed(self) -> dict[str, str]:
        """The app whose migrations install a trigger, by URI.

        Raises:
            MigrationsError: The migrations go in a circle.
        """
        owners = {key: trigger.owner for key, trigger in self._replayed.state.triggers.items()}
        keys = {trigger.uri: _key(trigger) for trigger in _all(self._analysis)}
        return {uri: owners[key] for uri, key in keys.items() if key in owners}

    def foreign(self, schema: str, table: str, name: str) -> str | None:
        """Why a trigger is not known to be the project's own; None if migrations have named it."""
        try:
            replayed = self._replayed
        except MigrationsError as error:
            return f"the migrations cannot be read ({error})"
        for reference in (QualifiedName(None, table), QualifiedName(schema, table)):
            if (reference, name) in replayed.names:
                return None
        reason = "no migration of this project has ever named it"
        unread = replayed.state.unreadable
        return f"{reason}, as far as they could be read" if unread else reason

    @cached_property
    def _replayed(self) -> _Replayed:
        apps = self._analysis.project.apps
        reader = MigrationReader(apps, self._analysis.load_migration)
        own = sorted(label for label, app in apps.items() if app.first_party)
        names = _Names(frozenset(own))
        state = replay(build_graph(reader, own), names)
        return _Replayed(state, names.everywhere(state))


@dataclass(frozen=True, slots=True)
class _Replayed:
    """The history.

    Attributes:
        names: All triggers that it has ever named, by all names that their tables have had since.
    """

    state: MigrationState
    names: frozenset[TriggerKey]


@dataclass(slots=True)
class _Names:
    """Collects the names of triggers, operation by operation.

    Attributes:
        apps: The project's own.
        order: The place of each operation in the history.
        first: The place at which each trigger is named first.
    """

    apps: frozenset[str]
    order: dict[tuple[Key, int], int] = field(default_factory=dict)
    first: dict[TriggerKey, int] = field(default_factory=dict)

    def before(self, moment: Moment) -> None:
        self.order[moment.migration, moment.index] = len(self.order)

    def after(self, moment: Moment) -> None:
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
                    if not isinstance(found, Unknown) and isinstance(found[1], DropTrigger):
                        yield found[1].table, found[1].name


def _renamings(
    state: MigrationState, order: dict[tuple[Key, int], int]
) -> Iterator[tuple[int, RenamedTable]]:
    for changes in state.changes.values():
        for made in changes:
            if isinstance(made.change, RenamedTable):
                yield order.get((made.migration, made.index), 0), made.change


def _all(analysis: Analysis) -> Iterable[CompiledTrigger]:
    return (*analysis.triggers, *analysis.foreign_triggers)


def _key(trigger: CompiledTrigger) -> TriggerKey:
    return in_search_path(table_reference(trigger.table)), trigger.pgid
