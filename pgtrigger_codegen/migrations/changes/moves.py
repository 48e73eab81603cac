"""Stage migrations: triggers that move to another app, along with their model.

Their URI changes with the app's label, and so does their name in the database. To the one app they
are gone, to the other they are new; together it is a rename. Only so is the new trigger as enabled
as the old one was, and at no time do both fire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pgtrigger_codegen.migrations.changes.autodetector import (
    Declarations,
    installed_trigger,
    is_renamed,
    may_remove,
    source_trigger,
    trigger_key,
)
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, MigrationState
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def moved_triggers(
    triggers: Iterable[CompiledTrigger],
    state: MigrationState,
    is_declared: Callable[[TriggerKey], bool],
    declarations: Callable[[str], Declarations],
) -> dict[TriggerKey, InstalledTrigger]:
    """What each new trigger was in the migrations of another app.

    A trigger that a change of its table disturbs is for the app to take out of the way.

    Args:
        declarations: Those of an app, as far as they have been read.
    """
    by_table: dict[object, list[InstalledTrigger]] = {}
    for key, trigger in state.triggers.items():
        disturbed = any(not item.harmless for item in state.disturbances.get(key, ()))
        if trigger.is_pgtrigger and not is_declared(key) and not disturbed:
            by_table.setdefault(key[0], []).append(trigger)
    found: dict[TriggerKey, InstalledTrigger] = {}
    for new in triggers if by_table else ():
        key = trigger_key(new)
        gone = by_table.get(key[0], [])
        for old in gone if key not in state.triggers else ():
            if _has_become(old, new) and may_remove(old, old.owner, declarations(old.owner)):
                found[key] = old
                gone.remove(old)
                break
    return found


def _has_become(old: InstalledTrigger, new: CompiledTrigger) -> bool:
    return (
        old.owner != new.migration_app
        and old.parts() is not None
        and is_renamed(installed_trigger(old), source_trigger(new, _NOWHERE))
    )


_NOWHERE: Mapping[str, str] = {}
