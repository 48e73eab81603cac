"""Stage database: names that came from the catalog, as SQL that can mean nothing else."""

from __future__ import annotations

from msgspec.structs import replace

from pgtrigger_codegen.database.catalog import CatalogTable
from pgtrigger_codegen.sql.names import quote_name
from pgtrigger_codegen.triggers.compiled import TriggerParts


def on_table(parts: TriggerParts, table: CatalogTable) -> TriggerParts:
    """A trigger's parts for the table as the catalog names it.

    Models name tables as Django does, in text that goes into SQL between quotes as it is.
    """
    return replace(parts, table=quote_name(table.schema, table.name))
