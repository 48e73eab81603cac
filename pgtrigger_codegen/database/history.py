"""Stage database: the triggers that the project's migrations name, now or in the past.

What is done by hand to a trigger that migrations manage, the migrations do not know of. And a
trigger that no migration has ever named may be another project's, on a shared table.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.reading.graph import build_graph
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import MigrationState, in_search_path
from pgtrigger_codegen.migrations.watching.trigger_names import TriggerNames
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class DatabaseHistory:
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

    def owner(self, schema: str, table: str, name: str) -> str | None:
        """The app whose migrations install a trigger; None where none are known to."""
        try:
            triggers = self._replayed.state.triggers
        except MigrationsError:
            return None
        for reference in (QualifiedName(None, table), QualifiedName(schema, table)):
            if (found := triggers.get((reference, name))) is not None:
                return found.owner
        return None

    @cached_property
    def _replayed(self) -> _Replayed:
        apps = self._analysis.project.apps
        reader = MigrationReader(apps, self._analysis.load_migration)
        own = sorted(label for label, app in apps.items() if app.first_party)
        names = TriggerNames(frozenset(own))
        state = replay(build_graph(reader, own), names)
        return _Replayed(state, names.everywhere(state))


class _Replayed(Struct, frozen=True):
    """The history.

    Attributes:
        names: All triggers that it has ever named, by all names that their tables have had since.
    """

    state: MigrationState
    names: frozenset[TriggerKey]


def _all(analysis: Analysis) -> Iterable[CompiledTrigger]:
    return (*analysis.triggers, *analysis.foreign_triggers)


def _key(trigger: CompiledTrigger) -> TriggerKey:
    return in_search_path(table_reference(trigger.table)), trigger.pgid
