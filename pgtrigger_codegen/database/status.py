"""Stage database: the status of every trigger, in django-pgtrigger's words.

Facts in, facts out: nothing here asks a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.certificate.certificate import is_named
from pgtrigger_codegen.database.catalog import (
    PREFIX,
    Catalog,
    CatalogFunction,
    CatalogTable,
    CatalogTrigger,
    table_reference,
)
from pgtrigger_codegen.database.comparison import Comparison
from pgtrigger_codegen.database.source import DeclaredTriggers
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.sql.names import called_function
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.sql.statements import TriggerState
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

State = Literal["INSTALLED", "OUTDATED", "UNINSTALLED", "PRUNE", "UNALLOWED", "UNKNOWN"]

HASH_ONLY = "hash only"
COMMENT_LOST = "comment lost"


class TriggerStatus(Struct, frozen=True):
    """One trigger, declared or installed or both.

    Attributes:
        uri: None for a trigger that no source declares.
        reason: What is wrong; None where nothing is.
        enabled: None for a trigger that is not there, or not ours to look at.
        trigger: As declared.
        installed: As installed.
        table_fact: The table, where there is one.
        doubtful: Why a trigger that nothing declares may be declared where nothing was read.
        foreign: Why a trigger to be pruned may be somebody else's.
        unsafe_function: A function that the trigger calls, or would be given, and whose owner has
            no say in the table.
    """

    uri: str | None
    pgid: str
    table: str
    schema: str
    status: State
    reason: str | None = None
    enabled: TriggerState | None = None
    trigger: CompiledTrigger | None = None
    installed: CatalogTrigger | None = None
    table_fact: CatalogTable | None = None
    comparison: Comparison | None = None
    doubtful: str | None = None
    foreign: str | None = None
    unsafe_function: CatalogFunction | None = None

    def is_named(self, name: str) -> bool:
        """Whether a URI, or a name in the database, means this trigger."""
        return name in (self.uri, self.pgid) or (":" in name and is_named(self.pgid, name))

    @property
    def label(self) -> str:
        """How to speak of it, in one line whatever it is named."""
        return one_line(self.uri or f"{self.schema}.{self.table}:{self.pgid}")


def pair(
    source: DeclaredTriggers, catalog: Catalog
) -> list[tuple[CompiledTrigger, CatalogTable | None, CatalogTrigger | None]]:
    """Each declared trigger with its table and what is installed in its name."""
    paired = []
    for trigger in source.triggers:
        table = catalog.tables.get(table_reference(trigger.table))
        installed = catalog.triggers.get((table.oid, trigger.pgid)) if table else None
        paired.append((trigger, table, installed))
    return paired


def statuses(
    source: DeclaredTriggers, catalog: Catalog, comparisons: Mapping[int, Comparison]
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
    table: CatalogTable | None,
    installed: CatalogTrigger | None,
    comparison: Comparison | None,
    source: DeclaredTriggers,
    catalog: Catalog,
) -> TriggerStatus:
    reference = table_reference(trigger.table)
    status: State = "UNINSTALLED"
    reason: str | None = None
    refusal = source.disallowed.get(trigger.uri)
    unsafe = _unsafe_function(trigger, table, installed, comparison, catalog)
    if refusal is not None:
        status, reason = "UNALLOWED", refusal
    elif table is None:
        where = reference.schema or ", ".join(catalog.schemas) or "an empty search path"
        reason = f"table {reference.name} is not in {where}"
    elif installed is not None and comparison is not None:
        reason = _unsafe(unsafe, table) or _outdated(trigger, installed, comparison, catalog)
        status = "OUTDATED" if reason else "INSTALLED"
    else:
        reason = _unsafe(unsafe, table)
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
        unsafe_function=unsafe if refusal is None else None,
    )


def _unsafe_function(
    trigger: CompiledTrigger,
    table: CatalogTable | None,
    installed: CatalogTrigger | None,
    comparison: Comparison | None,
    catalog: Catalog,
) -> CatalogFunction | None:
    """The first function that somebody could change who may not change the table's triggers."""
    if table is None or not uses_own_function(trigger.parts):
        return None
    name = called_function(trigger.parts.execute).name
    functions = [catalog.ignore_functions.get(trigger.parts.ignore_func_name)]
    if installed is not None and installed.function.name == name:
        functions.append(installed.function)
    stays = comparison is not None and comparison.same_definition and comparison.same_body
    if not stays:
        functions.append(catalog.own_functions.get(name))
    for function in functions:
        if function is not None and not function.is_safe_for(table, catalog.role):
            return function
    return None


def _unsafe(function: CatalogFunction | None, table: CatalogTable) -> str | None:
    if function is None:
        return None
    return (
        f"function {function.schema}.{function.name} belongs to {function.owner}, who can change "
        f"it at any time and is not the owner of the table ({table.owner})"
    )


def _outdated(
    trigger: CompiledTrigger,
    installed: CatalogTrigger,
    comparison: Comparison,
    catalog: Catalog,
) -> str | None:
    """Why the trigger is not as declared; None when it is."""
    ignore = trigger.parts.ignore_func_name
    if uses_own_function(trigger.parts) and ignore not in catalog.ignore_functions:
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


def _has_hash(trigger: CompiledTrigger, installed: CatalogTrigger) -> bool:
    return installed.comment == trigger.hash


def _stray(installed: CatalogTrigger, source: DeclaredTriggers) -> TriggerStatus:
    assert installed.name.startswith(PREFIX)
    table = installed.table
    gap = source.doubt(table.schema, table.name, installed.name)
    doubt = gap.reason if gap is not None else None
    foreign = source.history.foreign(table.schema, table.name, installed.name)
    reason = "the source does not declare it"
    if doubt is None and foreign is None and not source.has_table(table.schema, table.name):
        doubt = "the table belongs to no model that was read"
    if doubt:
        reason = f"{reason}, as far as it could be read: {doubt}"
    elif foreign:
        reason = f"{reason}, and {foreign}: only prune --foreign drops it"
    return TriggerStatus(
        uri=None,
        pgid=installed.name,
        table=table.name,
        schema=table.schema,
        status="UNKNOWN" if doubt else "PRUNE",
        reason=reason,
        enabled=installed.enabled,
        installed=installed,
        table_fact=table,
        doubtful=doubt,
        foreign=foreign,
    )
