"""Stage database: the facts about the project that a database is compared with."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.database.history import DatabaseHistory
from pgtrigger_codegen.sql.names import QualifiedName, called_function
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class DeclaredTriggers(Struct, frozen=True):
    """The declared triggers, and the facts around them.

    Attributes:
        triggers: Third-party packages' own included, as django-pgtrigger's registry has them.
        tables: All tables of the project's models.
        certificate: What was not read, and which triggers that may hide.
        disallowed: Why a router keeps a trigger out of this database, by URI.
        history: What the project's migrations say.
    """

    triggers: tuple[CompiledTrigger, ...]
    tables: frozenset[QualifiedName]
    certificate: Certificate
    disallowed: Mapping[str, str]
    history: DatabaseHistory

    @property
    def ignore_functions(self) -> frozenset[str]:
        return frozenset(trigger.parts.ignore_func_name for trigger in self.triggers)

    @property
    def own_functions(self) -> frozenset[str]:
        """The functions that `install` makes, by name."""
        return frozenset(
            called_function(trigger.parts.execute).name
            for trigger in self.triggers
            if uses_own_function(trigger.parts)
        )

    def has_table(self, schema: str, table: str) -> bool:
        """Whether a table is that of a model that was read."""
        return not self.tables.isdisjoint(
            {QualifiedName(None, table), QualifiedName(schema, table)}
        )

    def doubt(self, schema: str, table: str, name: str) -> Gap | None:
        """The gap that may hide a declaration of a trigger of that name."""
        if not self.certificate.gaps:
            return None
        owner = self.history.owner(schema, table, name)
        return self.certificate.doubt(QualifiedName(schema, table), name, owner)


def source_of(
    analysis: Analysis, disallowed: Mapping[str, str], history: DatabaseHistory
) -> DeclaredTriggers:
    """The source's side of the comparison."""
    triggers = {
        trigger.uri: trigger for trigger in (*analysis.foreign_triggers, *analysis.triggers)
    }
    tables = {table_reference(table) for table in analysis.models.tables}
    tables |= {table_reference(trigger.table) for trigger in triggers.values()}
    return DeclaredTriggers(
        triggers=tuple(sorted(triggers.values(), key=lambda trigger: trigger.uri)),
        tables=frozenset(tables),
        certificate=analysis.certificate,
        disallowed=disallowed,
        history=history,
    )
