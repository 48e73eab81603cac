"""Stage database: what became of every trigger, in django-pgtrigger's words.

Facts in, facts out: nothing here asks a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pgtrigger_codegen.database.catalog import (
    PREFIX,
    Catalog,
    InstalledTrigger,
    Table,
    table_reference,
)
from pgtrigger_codegen.database.comparison import Comparison
from pgtrigger_codegen.database.source import Source
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.sql.statements import TriggerState
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

State = Literal["INSTALLED", "OUTDATED", "UNINSTALLED", "PRUNE", "UNALLOWED"]

HASH_ONLY = "hash only"
COMMENT_LOST = "comment lost"


@dataclass(frozen=True, slots=True)
class TriggerStatus:
    """One trigger, declared or installed or both.

    Attributes:
        uri: None for a trigger that no source declares.
        reason: What is wrong; None where nothing is.
        enabled: None for a trigger that is not there, or not ours to look at.
        trigger: As declared.
        installed: As installed.
        table_fact: The table, where there is one.
        doubtful: Why a trigger to be pruned may be declared after all.
    """

    uri: str | None
    pgid: str
    table: str
    schema: str
    status: State
    reason: str | None = None
    enabled: TriggerState | None = None
    trigger: CompiledTrigger | None = None
    installed: InstalledTrigger | None = None
    table_fact: Table | None = None
    comparison: Comparison | None = None
    doubtful: str | None = None

    @property
    def label(self) -> str:
        """How to speak of it."""
        return self.uri or f"{self.schema}.{self.table}:{self.pgid}"


def pair(
    source: Source, catalog: Catalog
) -> list[tuple[CompiledTrigger, Table | None, InstalledTrigger | None]]:
    """Each declared trigger with its table and what is installed in its name."""
    paired = []
    for trigger in source.triggers:
        table = catalog.tables.get(table_reference(trigger.table))
        installed = catalog.triggers.get((table.oid, trigger.pgid)) if table else None
        paired.append((trigger, table, installed))
    return paired


def statuses(
    source: Source, catalog: Catalog, comparisons: Mapping[int, Comparison]
) -> list[TriggerStatus]:
    """The status of every trigger: those declared, in their order, then those to prune.

    Args:
        comparisons: By oid of the installed trigger.
    """
    found = []
    declared = set()
    for trigger, table, installed in pair(source, catalog):
        if table is not None:
            declared.add((table.oid, trigger.pgid))
        comparison = comparisons.get(installed.oid) if installed else None
        found.append(_status(trigger, table, installed, comparison, source, catalog))
    stray = [trigger for key, trigger in catalog.triggers.items() if key not in declared]
    return found + [_stray(installed, source) for installed in stray]


def _status(
    trigger: CompiledTrigger,
    table: Table | None,
    installed: InstalledTrigger | None,
    comparison: Comparison | None,
    source: Source,
    catalog: Catalog,
) -> TriggerStatus:
    reference = table_reference(trigger.table)
    status: State = "UNINSTALLED"
    reason: str | None = None
    refusal = source.disallowed.get(trigger.uri)
    if refusal is not None:
        status, reason = "UNALLOWED", refusal
    elif table is None:
        where = reference.schema or ", ".join(catalog.schemas) or "an empty search path"
        reason = f"table {reference.name} is not in {where}"
    elif installed is not None and comparison is not None:
        reason = _outdated(trigger, installed, comparison, catalog)
        status = "OUTDATED" if reason else "INSTALLED"
    return TriggerStatus(
        uri=trigger.uri,
        pgid=trigger.pgid,
        table=table.name if table else reference.name,
        schema=table.schema if table else reference.schema or catalog.current_schema or "",
        status=status,
        reason=reason,
        enabled=installed.enabled if installed and refusal is None else None,
        trigger=trigger,
        installed=installed,
        table_fact=table,
        comparison=comparison,
    )


def _outdated(
    trigger: CompiledTrigger,
    installed: InstalledTrigger,
    comparison: Comparison,
    catalog: Catalog,
) -> str | None:
    """Why the trigger is not as declared; None when it is."""
    ignore = trigger.parts.ignore_func_name
    if uses_own_function(trigger.parts) and ignore in catalog.missing_functions:
        return f"function {ignore} is missing, so that every write fails"
    parts = [
        name
        for name, same in (
            ("definition", comparison.same_definition),
            ("body", comparison.same_body),
        )
        if not same
    ]
    if parts:
        verb = "differ" if len(parts) > 1 else "differs"
        doubt = " (compared without casts)" if comparison.approximate else ""
        although = ", though the recorded hash is right" if _has_hash(trigger, installed) else ""
        refused = (
            f"; PostgreSQL would refuse it: {comparison.refused}" if comparison.refused else ""
        )
        return f"{' and '.join(parts)} {verb}{although}{doubt}{refused}"
    if _has_hash(trigger, installed):
        return None
    return HASH_ONLY if installed.comment else COMMENT_LOST


def _has_hash(trigger: CompiledTrigger, installed: InstalledTrigger) -> bool:
    return installed.comment == trigger.hash


def _stray(installed: InstalledTrigger, source: Source) -> TriggerStatus:
    assert installed.name.startswith(PREFIX)
    table = installed.table
    doubt = source.doubt(table.schema, table.name, installed.name)
    reason = "the source does not declare it"
    return TriggerStatus(
        uri=None,
        pgid=installed.name,
        table=table.name,
        schema=table.schema,
        status="PRUNE",
        reason=f"{reason}, as far as it could be read: {doubt}" if doubt else reason,
        enabled=installed.enabled,
        installed=installed,
        table_fact=table,
        doubtful=doubt,
    )
