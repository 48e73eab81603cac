"""Stage database: names that came from the catalog, as SQL that can mean nothing else."""

from __future__ import annotations

from dataclasses import replace

from pgtrigger_codegen.database.catalog import Table
from pgtrigger_codegen.triggers.compiled import TriggerParts


def quote(*names: str) -> str:
    """A name, qualified or not, whatever it holds."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def on_table(parts: TriggerParts, table: Table) -> TriggerParts:
    """A trigger's parts for the table as the catalog names it.

    Models name tables as Django does, in text that goes into SQL between quotes as it is.
    """
    return replace(parts, table=quote(table.schema, table.name))
