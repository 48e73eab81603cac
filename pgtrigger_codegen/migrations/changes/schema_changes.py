"""Stage migrations: drops triggers before their table changes, and creates them after.

The trigger is dropped before the operation and created after it. Inside of the very migration
is best: there it is one transaction, also where the migration is reversed. A migration that
is committed may have run elsewhere, and is not changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.changes.autodetector import (
    Declarations,
    installed_trigger,
    is_renamed,
    key_of,
    operation_keys,
    source_trigger,
    trigger_key,
)
from pgtrigger_codegen.migrations.changes.open_changes import OpenChanges
from pgtrigger_codegen.migrations.changes.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    RecordHash,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.changes.renames import renames_in
from pgtrigger_codegen.migrations.changes.requirements import History
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import Disturbance, InstalledTrigger
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, db_table
from pgtrigger_codegen.sql.render import uses_own_function


class Lift(Struct, frozen=True):
    """The operations on a trigger around the changes of a table.

    Attributes:
        drop: What has to come before them: the trigger is taken away.
        create: What has to come after them: it is put back, or made to fit.
        place: Whether the changes' own migrations are rewritten, or others go around them.
    """

    disturbances: tuple[Disturbance, ...]
    drop: TriggerOperation | None
    create: TriggerOperation | None
    place: Literal["woven", "around"]

    @property
    def operations(self) -> tuple[TriggerOperation, ...]:
        return tuple(operation for operation in (self.drop, self.create) if operation)

    @property
    def uri(self) -> str:
        return self.operations[-1].trigger.uri


def find_lifts(
    app_label: str,
    operations: Sequence[TriggerOperation],
    declared: Declarations,
    history: History,
    changes: OpenChanges,
    display: Mapping[str, str],
) -> tuple[list[TriggerOperation], list[Lift]]:
    """The triggers to lift, and the operations that are left to do besides.

    Raises:
        MigrationsError: A migration that changes a table cannot be woven into, or shall not be.
    """
    left = list(operations)
    lifts: list[Lift] = []
    for key, found in sorted(changes.disturbances(app_label).items(), key=str):
        if key in declared.kept:
            continue
        planned: list[TriggerOperation] = []
        new = None
        if not _is_dropped(found):  # a table of its name is another one
            planned = [operation for operation in left if key in operation_keys(operation)]
            planned = planned or _renamed(found[0], left, history)
            new = _successor(key, planned, declared, display)
        if new is None and not planned and not _may_be_gone(found, declared):
            continue
        lift = _lift(found, new, history, changes)
        if lift:
            left = [operation for operation in left if operation not in planned]
            lifts.append(lift)
        elif not planned and new and _is_outdated(found, history, changes):
            left.append(_again(installed_trigger(found[0].trigger), new))
    for operation in list(left):
        if disturbance := changes.of_bodies(operation):
            left.remove(operation)
            lifts.append(_moved(operation, disturbance))
    functions = [*_left_functions(app_label, declared, history.state.orphans, left, lifts)]
    if changes.way in ("auto", "refuse"):
        _require_way_back(functions, history, changes)
    return [*left, *functions], lifts


def _require_way_back(
    functions: Iterable[DropTrigger], history: History, changes: OpenChanges
) -> None:
    """Refuse where a database that is migrated back would be left without a trigger.

    Raises:
        MigrationsError: The migration that took the trigger along is one that may have run.
    """
    gone = {operation.old.parts.pgid.lower() for operation in functions}
    for found in history.state.disturbances.values():
        last = found[-1]
        if last.trigger.definition.pgid in gone and last.kind in ("drop-table", "drop-column"):
            raise _committed(last, changes)


def notes(lift: Lift, woven: Collection[Key], history: History) -> list[str]:
    """What the user should know of the migrations that the operations go into, or around.

    Args:
        woven: The migrations that operations are added to.
    """
    if lift.place == "woven":
        changed = [*dict.fromkeys(item.migration for item in lift.disturbances)]
        found = [
            note
            for migration in changed
            if migration in woven
            for note in _woven_notes(migration, history)
        ]
        if len(changed) > 1 and lift.drop and lift.create:
            first, last = (".".join(migration) for migration in (changed[0], changed[-1]))
            back = last if changed[-1] in woven else f"a migration after {last}"
            found.append(
                f"trigger {lift.disturbances[0].trigger.name} is dropped in {first} and comes "
                f"back in {back}: {_UNGUARDED}"
            )
        return found
    migration = ".".join(lift.disturbances[0].migration)
    unguarded = (
        f"trigger {lift.disturbances[0].trigger.name} is dropped before {migration} and comes back "
        f"only after all of the app's migrations: {_UNGUARDED}"
    )
    applied = (
        f"where {migration} is applied already, migrate stops with InconsistentMigrationHistory: "
        "use --after there"
    )
    return [unguarded, applied]


def lost_notes(
    operations: Iterable[TriggerOperation],
    disturbances: Mapping[TriggerKey, Sequence[Disturbance]],
) -> Iterator[str]:
    """What cannot be made good of triggers that went in migrations which stay as they are."""
    left = {
        operation.old.parts.pgid.lower()
        for operation in operations
        if isinstance(operation, DropTrigger) and operation.function_only
    }
    for found in disturbances.values():
        last = found[-1]
        if last.trigger.definition.pgid in left and last.kind in ("drop-table", "drop-column"):
            migration = ".".join(last.migration)
            yield (
                f"migration {migration} {last.what}, and trigger {last.trigger.name} went with it: "
                "its function is dropped now. A database that is migrated back to before "
                f"{migration} does not get the trigger again. To restore it, run "
                "pgtrigger-codegen install with the source of that time; only then can "
                "migrations that changed the trigger be reversed"
            )


def recreation_notes(
    operations: Iterable[TriggerOperation], history: History, changes: OpenChanges
) -> Iterator[str]:
    """What a migration that stays as it is does to triggers which it leaves installed."""
    for operation in operations:
        key = key_of(operation.trigger)
        found = history.state.disturbances.get(key, ())
        open_ones = [item for item in found if changes.openness(item.migration) == "open"]
        if found and not open_ones and _is_recreated(found, changes):
            migration, name = ".".join(found[-1].migration), operation.trigger.uri
            yield (
                f"migration {migration} {found[-1].what}, which trigger {name} uses: it "
                f"{_RECREATES}. The hash is recorded now; where the trigger was disabled, disable "
                f"it again once {migration} has run"
            )


_RECREATES = (
    "makes django-pgtrigger's schema editor drop the trigger and create it again, without its hash "
    "and enabled, even if it was disabled"
)
_UNGUARDED = (
    "in between, the trigger does not guard writes; and if a later run of migrate creates it "
    "again, it is enabled, even if it was disabled"
)


def _woven_notes(migration: Key, history: History) -> list[str]:
    name = ".".join(migration)
    unnoticed = (
        f"a database that has run {name} already, such as your own, does not notice the added "
        "operations: migrate it back to before that migration first, or run pgtrigger-codegen "
        "install"
    )
    read = history.reader.read(migration)
    if isinstance(read, Unknown) or read.atomic:
        return [unnoticed]
    unguarded = (
        f"{name} is not atomic: other sessions see the table without its triggers until the "
        "migration has ended; if the migration fails midway, the triggers are missing until it "
        "has run to its end"
    )
    return [unnoticed, unguarded]


def _is_dropped(found: Iterable[Disturbance]) -> bool:
    return any(item.kind == "drop-table" for item in found)


def _may_be_gone(found: Sequence[Disturbance], declared: Declarations) -> bool:
    """Whether the trigger is surely declared no more: absence alone is not removal."""
    table, known = found[0].trigger.definition.table, declared.known_tables
    if not _is_dropped(found) and known is not None and table not in known:
        return False
    return declared.complete and declared.doubt(found[0].trigger) is None


def _renamed(
    found: Disturbance, operations: Iterable[TriggerOperation], history: History
) -> list[TriggerOperation]:
    """The new trigger in whose favour the disturbed one is gone, as after a renamed model."""
    if found.trigger.parts() is None:
        return []
    old = installed_trigger(found.trigger)
    if found.new_table:
        old = replace(old, parts=replace(old.parts, table=db_table(found.new_table)))
    renames = renames_in(history.state.changes.values())
    for operation in operations:
        if isinstance(operation, CreateTrigger) and is_renamed(old, operation.new, renames):
            return [operation]
    return []


def _successor(
    key: TriggerKey,
    planned: Iterable[TriggerOperation],
    declared: Declarations,
    display: Mapping[str, str],
) -> Trigger | None:
    """What the trigger is to be after the change."""
    for operation in planned:
        return None if isinstance(operation, DropTrigger) else operation.trigger
    for trigger in declared.triggers:
        if trigger_key(trigger) == key:
            return source_trigger(trigger, display)
    return None


def _lift(
    found: tuple[Disturbance, ...],
    new: Trigger | None,
    history: History,
    changes: OpenChanges,
) -> Lift | None:
    """None where a change is long past, and what it did to the trigger can be repaired after."""
    way = changes.way
    if way == "after":
        return None
    changeable = ("open",) if way == "auto" else ("open", "unknown")
    open_ones = tuple(item for item in found if changes.openness(item.migration) in changeable)
    harmless = all(item.harmless for item in found)
    if open_ones:
        if way == "refuse":
            if harmless:
                return None
            raise _refusal(open_ones[0], changes)
        if new:
            open_ones += tuple(changes.later(open_ones[-1], new))
        return _around(open_ones, new, "around" if way == "split" else "woven")
    last = found[-1]
    is_latest = last.migration in history.graph.leaves(last.migration[0])
    if not is_latest or harmless:
        return None
    if way == "split":
        # What goes before the migration has to fit the table as it is before all of its changes.
        of_last = tuple(item for item in found if item.migration == last.migration)
        return _around(of_last, new, "around")
    if new is None or (_is_recreated(found, changes) and not _is_anothers(last, changes)):
        return None
    raise _committed(last, changes)


def _is_recreated(found: Iterable[Disturbance], changes: OpenChanges) -> bool:
    """Whether django-pgtrigger itself takes the trigger out of the way, and back again."""
    return changes.schema_editor and all(item.is_recreated for item in found)


def _is_anothers(found: Disturbance, changes: OpenChanges) -> bool:
    """Whether the change is made for another app of the project, which need not know the trigger.

    Whether the trigger may come back enabled is to be decided then. Of what an installed package
    does there is no choice.
    """
    app_label = found.migration[0]
    return app_label != found.trigger.owner and changes.is_of_project(app_label)


def _is_outdated(found: tuple[Disturbance, ...], history: History, changes: OpenChanges) -> bool:
    """Whether something is left to do about a trigger that works, as of a change that has run.

    Open connections may still run its function with the types of columns as they were; once it
    is written anew they read it anew. A trigger that was created again has lost its hash.
    """
    last = found[-1]
    if last.migration not in history.graph.leaves(last.migration[0]):
        return False
    if changes.way == "after":
        return last.kind == "retype-column" and _has_function(last.trigger)
    return changes.way == "auto" and _is_recreated(found, changes)


def _has_function(trigger: InstalledTrigger) -> bool:
    parts = trigger.parts()
    return bool(parts and uses_own_function(parts))


def _again(old: Trigger, new: Trigger) -> TriggerOperation:
    """The trigger's function and hash written once more."""
    return (AlterTriggerFunction if uses_own_function(new.parts) else RecordHash)(old, new)


def _around(
    found: tuple[Disturbance, ...], new: Trigger | None, place: Literal["woven", "around"]
) -> Lift:
    old = installed_trigger(found[0].trigger)
    return Lift(found, DropTrigger(old, new), CreateTrigger(new, old) if new else None, place)


def _moved(operation: TriggerOperation, found: Disturbance) -> Lift:
    """The operation next to the change that makes it necessary, in one transaction with it."""
    if isinstance(operation, DropTrigger) and found.kind != "rename-table":
        return Lift((found,), operation, None, "woven")
    return Lift((found,), None, operation, "woven")


def _left_functions(
    app_label: str,
    declared: Declarations,
    orphans: Mapping[QualifiedName, InstalledTrigger],
    planned: Iterable[TriggerOperation],
    lifts: Iterable[Lift],
) -> Iterator[DropTrigger]:
    """Functions of triggers that went with a table or column in a migration that stays as it is."""
    if not declared.complete:
        return
    lifted = (operation for lift in lifts for operation in lift.operations)
    taken = {key for operation in (*planned, *lifted) for key in operation_keys(operation)}
    taken |= {trigger_key(trigger) for trigger in declared.triggers}
    for function, trigger in sorted(orphans.items(), key=str):
        if (
            trigger.owner == app_label
            and trigger.is_pgtrigger
            and trigger.key not in declared.kept
            and all(function.name != name for _, name in taken)
            and trigger.parts()
        ):
            yield DropTrigger(installed_trigger(trigger), function_only=True)


def _refusal(found: Disturbance, changes: OpenChanges) -> MigrationsError:
    return MigrationsError(
        f"{_what(found, changes)}; --no-weave keeps that migration as it is",
        help="pass --weave to add the trigger's operations to that migration; or write them there "
        "by RunSQL: drop the trigger before that operation, and create it after",
    )


def _committed(found: Disturbance, changes: OpenChanges) -> MigrationsError:
    unsure = changes.openness(found.migration) == "unknown"
    why = (
        "the project is not in a git repository, so the migration may have run elsewhere"
        if unsure
        else "it is committed, and may have run elsewhere"
    )
    return MigrationsError(
        f"{_what(found, changes)}; {why}",
        help="if the migration has run nowhere yet, pass --weave to add the trigger's operations "
        "to it, or --split to write one migration before it and one after it; if it has run "
        "everywhere, pass --after to write only the operations after it",
    )


def _what(found: Disturbance, changes: OpenChanges) -> str:
    effect = (
        _RECREATES
        if _is_recreated([found], changes)
        else {
            "drop-table": "drops the trigger, leaves its function behind, and does not create the "
            "trigger again when it is reversed",
            "rename-table": "leaves the app's other migrations with the old name",
            "drop-column": "fails or silently drops the trigger, depending on the version of "
            "Django",
            "retype-column": "fails where WHEN or UPDATE OF names the column, and otherwise makes "
            "the function fail in open connections",
            "rename-column": "leaves the trigger with the old name in its function",
        }[found.kind]
    )
    return (
        f"migration {'.'.join(found.migration)} {found.what}, which trigger "
        f"{found.trigger.name} uses: it {effect}"
    )
