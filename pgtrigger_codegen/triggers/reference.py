"""Stage triggers: django-pgtrigger's own SQL for a trigger."""

from __future__ import annotations

from msgspec.structs import asdict
from pgtrigger.compiler import UpsertTriggerSql

from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def reference_sql(trigger: CompiledTrigger) -> str:
    """What django-pgtrigger runs to install a trigger, the shared function included."""
    return str(UpsertTriggerSql(**asdict(trigger.parts), hash=trigger.hash))
