"""Stage migrations: operations as the database sees them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import operations


def on_database(operation: object) -> Iterator[object]:
    """What an operation runs on the database: itself, unless it holds others."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from on_database(inner)
    else:
        yield operation
