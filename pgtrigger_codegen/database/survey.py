"""Stage database: surveys a database once, from the catalog to the statuses."""

from __future__ import annotations

import psycopg
from msgspec import Struct

from pgtrigger_codegen.database.catalog import Catalog, read_catalog
from pgtrigger_codegen.database.comparison import compare
from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import explain
from pgtrigger_codegen.database.lookalike import Lookalikes
from pgtrigger_codegen.database.source import DeclaredTriggers
from pgtrigger_codegen.database.status import TriggerStatus, pair, statuses


class Survey(Struct, frozen=True):
    """The statuses in one search path.

    Attributes:
        approximate: Why conditions were compared without casts; None where they were not.
    """

    catalog: Catalog
    statuses: tuple[TriggerStatus, ...]
    approximate: str | None


def survey(connection: Connection, source: DeclaredTriggers, lookalikes: Lookalikes) -> Survey:
    """Read the catalog in a transaction that has begun, and compare.

    Leaves the transaction open and the database as it was.
    """
    catalog = read_catalog(connection, source.tables, source.ignore_functions, source.own_functions)
    try:
        comparisons = {
            installed.oid: compare(trigger, installed, lookalikes)
            for trigger, _, installed in pair(source, catalog)
            if installed is not None and trigger.uri not in source.disallowed
        }
    except psycopg.Error as error:
        raise explain(error, "comparing definitions") from error
    reasons = [item.approximate for item in comparisons.values() if item.approximate]
    return Survey(
        catalog,
        tuple(statuses(source, catalog, comparisons)),
        reasons[0] if reasons else None,
    )
