"""Stage database: of all that is known of the project, what concerns a database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.database.history import ProjectHistory
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.sql.names import QualifiedName, called_function
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger


@dataclass(frozen=True, slots=True)
class Doubts:
    """What was not read, so that an undeclared trigger may be declared there.

    Attributes:
        tables: Reasons by table, for tables with something unread.
        names: Reasons by trigger name.
        anywhere: A reason that concerns every table.
    """

    tables: Mapping[QualifiedName, str]
    names: Mapping[str, str]
    anywhere: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What the source declares.

    Attributes:
        triggers: Third-party packages' own included, as django-pgtrigger's registry has them.
        tables: All tables of the project's models.
        doubts: What could not be read.
        disallowed: Why a router keeps a trigger out of this database, by URI.
        history: What the project's migrations say.
    """

    triggers: tuple[CompiledTrigger, ...]
    tables: frozenset[QualifiedName]
    doubts: Doubts
    disallowed: Mapping[str, str]
    history: ProjectHistory

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

    def doubt(self, schema: str, table: str, name: str) -> str | None:
        """Why a trigger of that name may be declared where the source could not be read."""
        doubts = self.doubts
        on_table = doubts.tables.get(QualifiedName(None, table)) or doubts.tables.get(
            QualifiedName(schema, table)
        )
        return doubts.names.get(name) or on_table or doubts.anywhere


def source_of(analysis: Analysis, disallowed: Mapping[str, str], history: ProjectHistory) -> Source:
    """The source's side of the comparison."""
    triggers = {
        trigger.uri: trigger for trigger in (*analysis.foreign_triggers, *analysis.triggers)
    }
    tables = {table_reference(table) for table in analysis.models.tables}
    tables |= {table_reference(trigger.table) for trigger in triggers.values()}
    return Source(
        triggers=tuple(sorted(triggers.values(), key=lambda trigger: trigger.uri)),
        tables=frozenset(tables),
        doubts=doubts_of(analysis),
        disallowed=disallowed,
        history=history,
    )


def doubts_of(analysis: Analysis) -> Doubts:
    """Where there may be more triggers than those that were read."""
    unresolved = (*analysis.unresolved, *analysis.foreign_unresolved)
    names = {_pgid(item.uri): item.reason for item in unresolved if item.uri is not None}
    tables = {
        table_reference(model.table): model.unread
        for model in map(analysis.models.__getitem__, sorted(analysis.models.doubtful))
        if model.unread is not None
    }
    tables |= dict(_unresolved_tables(analysis, unresolved))
    return Doubts(tables=tables, names=names, anywhere=_anywhere(analysis, unresolved))


def _pgid(uri: str) -> str:
    """django-pgtrigger's name for a trigger (`Trigger.get_pgid`)."""
    digest = hashlib.sha1(uri.encode(), usedforsecurity=False).hexdigest()[:5]
    return f"pgtrigger_{uri.rpartition(':')[2]}_{digest}".lower()


def _unresolved_tables(
    analysis: Analysis, unresolved: tuple[UnresolvedTrigger, ...]
) -> Iterator[tuple[QualifiedName, str]]:
    for item in unresolved:
        if item.uri is None and item.model is not None and item.model in analysis.models:
            yield table_reference(analysis.models[item.model].table), item.reason


def _anywhere(analysis: Analysis, unresolved: tuple[UnresolvedTrigger, ...]) -> str | None:
    if analysis.syntax_problems:
        problem = analysis.syntax_problems[0]
        return f"{analysis.project.display_path(problem.span.path)} does not parse"
    for item in unresolved:
        if item.uri is None and item.model not in analysis.models:
            return item.reason
    return None
