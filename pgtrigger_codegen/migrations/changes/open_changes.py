"""Stage migrations: changes of tables in migrations that can still be rewritten.

A migration that is not committed has run nowhere else. What it does to the tables of triggers can
be told from the replay; but where two apps' migrations do not depend on each other, the replay
may run the change before the trigger, and the databases that are there the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pgtrigger_codegen.migrations.changes.autodetector import as_installed
from pgtrigger_codegen.migrations.changes.operations import CreateTrigger, Trigger, TriggerOperation
from pgtrigger_codegen.migrations.changes.requirements import History
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.columns import names_word
from pgtrigger_codegen.migrations.replaying.disturbances import disturbance
from pgtrigger_codegen.migrations.replaying.state import (
    Disturbance,
    InstalledTrigger,
    SchemaChange,
    in_search_path,
)
from pgtrigger_codegen.migrations.schema.table_changes import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
)
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.sql.usage import tables_touched

Way = Literal["auto", "weave", "refuse", "split", "after"]
"""What to do about a migration that changes a table under a trigger.

`auto` weaves into migrations that are not committed, and refuses elsewhere.
"""

IsCommitted = Callable[[Path], bool | None]
"""Whether a file is in version control; None where there is none."""

Openness = Literal["open", "committed", "unknown"]


class OpenChanges:
    """The changes of tables by migrations that can still be rewritten."""

    def __init__(
        self,
        history: History,
        way: Way,
        is_committed: IsCommitted,
        *,
        rewrite: bool = False,
        schema_editor: bool = False,
    ) -> None:
        """Take what the user decides.

        Args:
            rewrite: Whether a file outside of version control has run nowhere.
            schema_editor: Whether django-pgtrigger's schema editor is in use, which takes
                triggers out of the way while a column gets another type, and loses their hashes.
        """
        self._history = history
        self._is_committed = is_committed
        self._rewrite = rewrite
        self.way = way
        self.schema_editor = schema_editor
        self._known: dict[Key, Openness] = {}
        self._ancestors: dict[Key, set[Key]] = {}
        self._disturbances: dict[str, dict[TriggerKey, tuple[Disturbance, ...]]] | None = None

    def openness(self, migration: Key) -> Openness:
        """Whether the migration may be rewritten; that of a package never."""
        if migration not in self._known:
            self._known[migration] = self._ask(migration)
        return self._known[migration]

    def is_of_project(self, app_label: str) -> bool:
        """Whether the app is the project's own, and not a package's."""
        app = self._history.reader.apps.get(app_label)
        return bool(app and app.first_party)

    def disturbances(self, app_label: str) -> Mapping[TriggerKey, tuple[Disturbance, ...]]:
        """The changes after which no migration has written a trigger of the app anew."""
        if self._disturbances is None:
            self._disturbances = self._by_owner()
        return self._disturbances.get(app_label, {})

    def _by_owner(self) -> dict[str, dict[TriggerKey, tuple[Disturbance, ...]]]:
        state = self._history.state
        found: dict[str, dict[TriggerKey, tuple[Disturbance, ...]]] = {}
        for key, items in state.disturbances.items():
            owners = {item.trigger.owner for item in items if item.trigger.is_pgtrigger}
            if len(owners) == 1:
                found.setdefault(owners.pop(), {})[key] = items
        for key, trigger in state.triggers.items():
            if trigger.definition.table not in state.changes or trigger.by == "addtrigger":
                continue
            beside = tuple(self._beside(trigger))
            if beside and trigger.is_pgtrigger:
                of_owner = found.setdefault(trigger.owner, {})
                of_owner[key] = (*of_owner.get(key, ()), *beside)
        return found

    def of_bodies(self, operation: TriggerOperation) -> Disturbance | None:
        """The last change of a table that makes the operation necessary because of a function.

        The old function names what is gone then, and fails at the next write until it is changed.
        """
        old = operation.replaced
        if self.way not in ("auto", "weave") or isinstance(operation, CreateTrigger) or not old:
            return None
        own = in_search_path(table_name(old.parts.table))
        trigger = self._history.state.triggers.get((own, old.parts.pgid.lower()))
        if trigger is None:
            return None
        touched = {in_search_path(table) for table in tables_touched(old.parts)}
        last = None
        for made in self._changes_of(touched, own):
            is_own = made in self._history.state.table_changes.get(own, ())
            what = _what_is_gone(made, old)
            if (
                what
                and (not is_own or isinstance(made.change, RenamedTable))
                and self._is_after(made, trigger)
                and self.openness(made.migration) == "open"
            ):
                kind: Literal["rename-table", "rename-column"] = (
                    "rename-table" if is_own else "rename-column"
                )
                last = Disturbance(made.migration, made.index, what, trigger, kind)
        return last

    def _changes_of(
        self, touched: Iterable[QualifiedName], own: QualifiedName
    ) -> Iterator[SchemaChange]:
        """What was done to the tables of a function, by the names that it knows them by."""
        for table in sorted(touched, key=str):
            if table != own:
                yield from self._history.state.changes.get(table, ())

    def later(self, last: Disturbance, new: Trigger) -> Iterator[Disturbance]:
        """What comes after a change, and would disturb the trigger that is made then.

        It uses other columns than the one which was there before.
        """
        made_there = as_installed(new, last.migration)
        changes = self._history.state.changes.get(made_there.definition.table, ())
        places = [(made.migration, made.index) for made in changes]
        place = (last.migration, last.index)
        for made in changes[places.index(place) + 1 :] if place in places else ():
            if made.migration != last.migration and self.openness(made.migration) != "committed":
                found = disturbance(made.change, made_there, made.migration, made.index)
                if found:
                    yield found

    def _ask(self, migration: Key) -> Openness:
        if not self.is_of_project(migration[0]):
            return "committed"
        if self.way == "weave":
            return "open"
        reader = self._history.reader
        replaced = [
            key
            for key, by in self._history.graph.replaced.items()
            if by == migration and key[1] in reader.names(key[0])
        ]
        # What a squashed migration replaces may have run, however new its file is.
        listed = [self._is_committed(reader.path(key)) for key in (migration, *replaced)]
        committed = True if True in listed else listed[0]
        if committed is None:
            return "open" if self._rewrite else "unknown"
        return "committed" if committed else "open"

    def _beside(self, trigger: InstalledTrigger) -> Iterator[Disturbance]:
        """Changes by other apps' last migrations that neither come before the trigger nor after."""
        graph = self._history.graph
        for made in self._history.state.changes.get(trigger.definition.table, ()):
            app_label = made.migration[0]
            if (
                app_label != trigger.touched_by[0]
                and made.migration in graph.leaves(app_label)
                and self._is_after(made, trigger)
                and trigger.touched_by not in self._before(made.migration)
                and self.openness(made.migration) != "committed"
            ):
                found = disturbance(made.change, trigger, made.migration, made.index)
                if found and found not in self._history.state.disturbances.get(trigger.key, ()):
                    yield found

    def _is_after(self, made: SchemaChange, trigger: InstalledTrigger) -> bool:
        """Whether the change does not come before what the migrations last did to the trigger."""
        touched_by = trigger.touched_by
        return made.migration != touched_by and made.migration not in self._before(touched_by)

    def _before(self, migration: Key) -> set[Key]:
        if migration not in self._ancestors:
            self._ancestors[migration] = self._history.graph.ancestors(migration)
        return self._ancestors[migration]


def _what_is_gone(made: SchemaChange, old: Trigger) -> str | None:
    """What the old function names in vain after the change, in words."""
    match made.change:
        case DroppedTable(table=table):
            return f"drops table {table}"
        case RenamedTable(old=table, new=new):
            return f"renames table {table} to {new}"
        case DroppedColumn(table=table, column=column) if names_word(old.parts.func, column):
            return f"drops column {column!r} of table {table}"
        case RenamedColumn(table=table, old=column, new=name) if names_word(old.parts.func, column):
            return f"renames column {column!r} of table {table} to {name!r}"
        case _:
            return None
