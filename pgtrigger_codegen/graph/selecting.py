"""A part of the graph: some tables, and what is some steps away from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.graph.facts import TriggerGraph
from pgtrigger_codegen.project.app_labels import label_help
from pgtrigger_codegen.source.misspelling import meant


def selected(
    graph: TriggerGraph, tables: Collection[str], apps: Collection[str], depth: int
) -> TriggerGraph:
    """The tables, those of the apps, and all that are at most `depth` triggers or cascades away.

    Args:
        tables: Names of tables, or labels of their models.

    Raises:
        CodegenError: A table or an app is not in the graph.
    """
    kept = {*_tables(graph, tables), *_of_apps(graph, apps)}
    pairs = list(_neighbours(graph))
    for _ in range(depth):
        kept |= {other for pair in pairs if not kept.isdisjoint(pair) for other in pair}
    return _restricted(graph, kept, pairs)


def _restricted(
    graph: TriggerGraph, kept: set[str], pairs: Iterable[tuple[str, str]]
) -> TriggerGraph:
    beyond = {
        other for pair in pairs if not kept.isdisjoint(pair) for other in pair if other not in kept
    }
    triggers = [trigger for trigger in graph.triggers if trigger.table in kept]
    uris = {trigger.uri for trigger in triggers}
    return replace(
        graph,
        tables=tuple(table for table in graph.tables if table.name in kept),
        triggers=tuple(triggers),
        uses=tuple(use for use in graph.uses if use.trigger in uris and use.table in kept),
        cascades=tuple(one for one in graph.cascades if {one.referenced, one.table} <= kept),
        firings=tuple(one for one in graph.firings if {one.trigger, one.fires} <= uris),
        # A part of a loop or a chain would be another one: all of it, or nothing.
        cycles=tuple(way for way in graph.cycles if uris.issuperset(way)),
        loops=tuple(way for way in graph.loops if uris.issuperset(way)),
        chains=tuple(way for way in graph.chains if uris.issuperset(way)),
        beyond=tuple(sorted(beyond)),
    )


def _neighbours(graph: TriggerGraph) -> Iterator[tuple[str, str]]:
    table_of = {trigger.uri: trigger.table for trigger in graph.triggers}
    for use in graph.uses:
        yield table_of[use.trigger], use.table
    for cascade in graph.cascades:
        yield cascade.referenced, cascade.table


def _tables(graph: TriggerGraph, names: Iterable[str]) -> Iterator[str]:
    known = {table.name: table.name for table in graph.tables}
    by_model = {table.model: table.name for table in graph.tables if table.model}
    for name in names:
        found = known.get(name) or by_model.get(name)
        if found is None:
            close = meant(name, known) or meant(name, by_model)
            raise CodegenError(
                f"no trigger is on table {name!r}, and none uses it",
                help=f"did you mean {close!r}?"
                if close
                else "give the table's name in the database, or its model as app_label.ModelName",
            )
        yield found


def _of_apps(graph: TriggerGraph, apps: Iterable[str]) -> Iterator[str]:
    known = {table.app for table in graph.tables if table.app}
    known |= {trigger.app for trigger in graph.triggers}
    for app in apps:
        if app not in known:
            raise CodegenError(
                f"no trigger belongs to an app with the label {app!r}, and none uses its tables",
                help=label_help(app, sorted(known)),
            )
        yield from (table.name for table in graph.tables if table.app == app)
        yield from (trigger.table for trigger in graph.triggers if trigger.app == app)
