"""Stage migrations: walks through a history to find what each operation makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from msgspec import Struct, field
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.conversion.held_triggers import HeldTrigger, HeldTriggers
from pgtrigger_codegen.migrations.conversion.sql import trigger_facts
from pgtrigger_codegen.migrations.conversion.state_models import StateModels
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.own_operations import own_effects
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sites import Circumstances, OperationSite, SiteReader
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.sql.names import table_name


class HistoryWalk(Struct):
    """One walk through the migrations, as far as it has come.

    Attributes:
        ignore_functions: Migrations that bring an ignore function, by its name.
    """

    graph: MigrationGraph
    sites: SiteReader
    held: HeldTriggers = field(default_factory=HeldTriggers)
    models: StateModels = field(default_factory=StateModels)
    ignore_functions: dict[str, set[Key]] = field(default_factory=dict)

    def brings_ignore_function(self, key: Key, name: str) -> bool:
        """Whether the ignore function is still to be made when the app's migration runs."""
        there = self.ignore_functions.setdefault(name, set())
        ancestors = {other for other in self.graph.ancestors(key) if other[0] == key[0]}
        if there & (ancestors | {key}):
            return False
        there.add(key)
        return True

    def follow(self, operation: Operation, key: Key, around: Circumstances) -> None:
        for inner, within in flattened([operation], around):
            own = own_effects(inner)
            state, database = within.state and own.state, within.database and own.database
            self.held.apply(inner, key[0], key, state=state, database=database)
            if state and not is_about_triggers(inner):
                self.models.apply(inner, key[0])

    def made(self, site: OperationSite, model: ModelKey, trigger: object) -> HeldTrigger | Unknown:
        """What an operation makes; `Unknown` where that cannot be told."""
        compiled = self._compiled(site, model, trigger)
        facts = compiled if isinstance(compiled, Unknown) else trigger_facts(compiled)
        if isinstance(facts, Unknown):
            return facts
        assert isinstance(compiled, compiler.Trigger)
        parts, verbatim = facts
        return HeldTrigger(
            name=str(compiled.name),
            uri=f"{model[0]}.{self.held.tables.object_name(model)}:{compiled.name}",
            model=model,
            parts=parts,
            hash=compiled.hash,
            verbatim=verbatim,
            table=in_search_path(table_name(parts.table)),
            in_state=site.around.state,
            in_database=True,
        )

    def owner(self, held: HeldTrigger) -> ModelKey:
        """The model of the table: what a router is asked about."""
        table = self.held.tables.by_name.get(held.table)
        return table.model if table else held.model

    def _compiled(
        self, site: OperationSite, model: ModelKey, trigger: object
    ) -> compiler.Trigger | Unknown:
        if isinstance(trigger, compiler.Trigger | Unknown):
            return trigger
        rendered = self.models.model(model)
        if isinstance(rendered, Unknown):
            return Unknown(
                f"the trigger is recorded as a Python object, and {rendered.reason}", site.span
            )
        compiled = self.sites.compile(trigger, rendered, site.span)
        if isinstance(compiled, Unknown):
            return Unknown(f"the trigger cannot be turned into SQL: {compiled.reason}", site.span)
        return compiled


def flattened(
    listed: Iterable[object], around: Circumstances
) -> Iterator[tuple[Operation, Circumstances]]:
    """Operations, those inside of others too, with what they have an effect on."""
    for operation in listed:
        match operation:
            case operations.SeparateDatabaseAndState():
                database = Circumstances(state=False, database=around.database)
                state = Circumstances(state=around.state, database=False)
                yield from flattened(operation.database_operations, database)
                yield from flattened(operation.state_operations, state)
            case operations.RunSQL():
                state = Circumstances(state=around.state, database=False)
                yield from flattened(operation.state_operations, state)
            case Operation():
                yield operation, around
            case _:
                pass


def is_about_triggers(operation: Operation) -> bool:
    return isinstance(operation, AddTrigger | RemoveTrigger)
