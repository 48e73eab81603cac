"""Stage database: the search paths to work in, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from pgtrigger_codegen.database.catalog import list_schemas, require_schemas
from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.database.status import TriggerStatus

SHARED = ("public",)
"""What a tenant's search path goes on with, unless `--schema` says otherwise."""


class SearchPath(Struct, frozen=True):
    """One search path.

    Attributes:
        path: None for the connection's own.
        tenant: The schema whose tables alone are looked at; None for all of the path.
    """

    path: tuple[str, ...] | None = None
    tenant: str | None = None

    def covers(self, status: TriggerStatus) -> bool:
        """Whether a trigger's table is one of this scope; a missing one is the tenant's."""
        return self.tenant is None or status.schema == self.tenant


def find_scopes(
    connection: Connection, schemas: Sequence[str], pattern: str | None
) -> list[SearchPath]:
    """The search paths that the command line asks for.

    Args:
        schemas: As for django-pgtrigger, together one search path.
        pattern: A shell pattern (`tenant_*`): every schema that it matches is looked at by
            itself.

    Raises:
        DatabaseError: There is no such schema.
    """
    if not schemas and pattern is None:
        return [SearchPath()]
    with connection.reading():
        existing = list_schemas(connection)
    require_schemas(connection.info.dbname, schemas, existing)
    if pattern is None:
        return [SearchPath(tuple(schemas))]
    matching = [name for name in existing if fnmatchcase(name, pattern)]
    if not matching:
        raise DatabaseError(
            f"no schema matches {pattern!r}",
            help="the pattern knows * and ?, as in 'tenant_*'; quote it for the shell",
        )
    rest = tuple(schemas) or tuple(name for name in SHARED if name in existing)
    return [
        SearchPath((name, *(other for other in rest if other != name)), name) for name in matching
    ]
