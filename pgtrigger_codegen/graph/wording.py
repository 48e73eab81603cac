"""The words that all formats of the graph share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgtrigger_codegen.graph.facts import Cascade, Missing, TriggerGraph
from pgtrigger_codegen.source.wording import counted

_MOST = 5  # tables that a sentence names


def summary(graph: TriggerGraph) -> str:
    """How much there is."""
    found = f"{counted(len(graph.triggers), 'trigger')} on {counted(len(graph.tables), 'table')}"
    return f"{found}, {counted(len(graph.cycles), 'cycle')}" if graph.cycles else found


def cascade_words(cascade: Cascade) -> str:
    """What stands at the arrow of a cascade."""
    return "DELETE cascades" if cascade.by == "database" else "Django deletes too"


def remarks(graph: TriggerGraph) -> Iterator[str]:
    """What stands out, and what is not in the picture; one line each."""
    for way in graph.cycles:
        yield f"cycle, without end: {_way((*way, way[0]))}"
    for way in graph.loops:
        yield f"may fire again: {', '.join(way)}"
    for way in graph.chains:
        yield f"chain of {len(way)} triggers: {_way(way)}"
    for trigger in graph.triggers:
        if trigger.unknown:
            yield f"may do more than is drawn: {trigger.uri}: {trigger.unknown}"
    for missing in graph.unresolved:
        yield f"not in the picture: {missing.what}{_at(missing)}: {missing.reason}"
    for missing in graph.not_read:
        yield f"not read, and may hide {missing.what}{_at(missing)}: {missing.reason}"
    if graph.beyond:
        more = "" if len(graph.beyond) <= _MOST else f" and {len(graph.beyond) - _MOST} more"
        listed = ", ".join(graph.beyond[:_MOST])
        yield f"left out, one step further (--depth): {listed}{more}"


def _way(uris: Sequence[str]) -> str:
    return " → ".join(uris)


def _at(missing: Missing) -> str:
    return f" ({missing.place.path}:{missing.place.line})" if missing.place else ""
