"""Stage migrations: the SQL that an operation runs, for every kind of operation."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import operations
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger

from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts


def operation_sql(operation: object) -> Iterator[str]:
    """Yield what can be read of it, forwards."""
    match operation:
        case operations.RunSQL():
            yield from (text for text in sql_texts(operation.sql) if isinstance(text, str))
        case operations.SeparateDatabaseAndState():
            for inner in operation.database_operations:
                yield from operation_sql(inner)
        case AddTrigger(trigger=compiler.Trigger() as trigger):
            yield str(trigger.sql)
        case _:
            pass
