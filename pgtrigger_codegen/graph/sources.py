"""The triggers of a project with what was read of each, whoever declares them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pgtrigger_codegen.lint.facts.bodies import ReadBody, read_installed
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import migration_span, replayed
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, in_search_path
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.accesses import OF_THE_ROW_ALONE, Access
from pgtrigger_codegen.sql.body import read_body
from pgtrigger_codegen.sql.definition import (
    Definition,
    read_create_trigger,
    read_definition,
)
from pgtrigger_codegen.sql.names import QualifiedName, called_function, table_name
from pgtrigger_codegen.sql.render import trigger_function, trigger_statement
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class Source(Struct, frozen=True):
    """A trigger and what was read of it.

    Attributes:
        table: Without `public`.
        definition: None where the statement does not parse.
        body: None for a function that is not the trigger's own.
        span: Of the declaration, or of the migration that makes it.
    """

    uri: str
    table: QualifiedName
    app: str
    name: str
    function: str
    condition: str
    origin: str
    sql: str
    definition: Definition | None
    body: ReadBody | None
    span: Span | None

    @property
    def is_harmless(self) -> bool:
        """Whether it calls a function of PostgreSQL's that touches nothing but the row."""
        return self.function in OF_THE_ROW_ALONE

    @property
    def turn(self) -> tuple[int, bytes]:
        """Among the triggers of a table and an event, when PostgreSQL fires it."""
        definition = self.definition
        if definition is None:
            return 9, self.name.encode()
        before = definition.timing != "AFTER"
        phase = (0 if before else 3) + (definition.is_row_level if before else 0)
        if not before and definition.is_row_level:
            phase = 2
        return phase, self.name.encode()

    def is_fired_by(self, event: str) -> bool:
        """Whether it may be, as far as its events tell."""
        return self.definition is not None and event in self.definition.events

    def fires(self, access: Access) -> bool:
        """Whether a statement on its table may fire it."""
        definition = self.definition
        if definition is None or access.verb not in definition.events:
            return False
        columns = access.columns if access.verb == "UPDATE" else frozenset()
        return not (definition.is_update_of and columns) or bool(columns & {*definition.update_of})


def sources(context: LintContext) -> Iterator[Source]:
    """All triggers of the project's own tables and apps, and those of packages."""
    analysis = context.analysis
    bodies = {trigger.uri: body for trigger, body in context.read_bodies()}
    for trigger in analysis.triggers:
        yield _declared(trigger, bodies.get(trigger.uri), "declared")
    for trigger in analysis.foreign_triggers:
        yield _declared(trigger, read_body(trigger.parts), "package")
    state = replayed(analysis)
    known = {trigger_key(one) for one in (*analysis.triggers, *analysis.foreign_triggers)}
    for key, installed in state.triggers.items() if state else ():
        # What nothing declares is removed by the next migration, or kept because of a gap.
        if key not in known:
            span = migration_span(analysis, installed.made_by)
            yield _installed(installed, span)


def _declared(trigger: CompiledTrigger, body: ReadBody | None, origin: str) -> Source:
    parts = trigger.parts
    definition = read_definition(parts)
    statements = (trigger_function(parts), trigger_statement(parts))
    return Source(
        uri=trigger.uri,
        table=in_search_path(table_name(trigger.table)),
        app=trigger.app_label,
        name=trigger.pgid.lower(),
        function=called_function(parts.execute).name,
        condition=parts.condition,
        origin=origin,
        sql="\n\n".join(filter(None, statements)),
        definition=definition if isinstance(definition, Definition) else None,
        body=body,
        span=trigger.span,
    )


def _installed(installed: InstalledTrigger, span: Span) -> Source:
    read = read_installed(installed)
    definition = read_create_trigger(installed.trigger_sql)
    statements = (installed.function_sql, installed.trigger_sql)
    parts = installed.parts()
    return Source(
        uri=installed.name,
        table=installed.definition.table,
        app=installed.owner,
        name=installed.definition.pgid,
        function=installed.definition.calls.name,
        condition=parts.condition if parts else "",
        origin="migration",
        sql="\n\n".join(filter(None, statements)),
        definition=definition if isinstance(definition, Definition) else None,
        body=read[1] if read else None,
        span=span,
    )
