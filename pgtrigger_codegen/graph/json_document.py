"""The graph as JSON, for programs and for the page."""

from __future__ import annotations

import json
from typing import Any

from pgtrigger_codegen.graph.facts import Missing, Trigger, TriggerGraph
from pgtrigger_codegen.source.place import Place


def json_document(graph: TriggerGraph) -> str:
    """The whole document, with a line break at the end."""
    return json.dumps(as_data(graph), indent=2, ensure_ascii=False) + "\n"


def as_data(graph: TriggerGraph) -> dict[str, Any]:
    """The graph as plain dictionaries and lists."""
    return {
        "version": 1,
        "tables": [
            {
                "name": table.name,
                "app": table.app,
                "model": table.model,
                "firing": {event: list(uris) for event, uris in table.firing.items()},
            }
            for table in graph.tables
        ],
        "triggers": [_trigger(trigger) for trigger in graph.triggers],
        "functions": _functions(graph),
        "uses": [
            {
                "trigger": use.trigger,
                "verb": use.verb,
                "table": use.table,
                "columns": list(use.columns),
                "certain": use.is_certain,
            }
            for use in graph.uses
        ],
        "cascades": [
            {
                "referenced": one.referenced,
                "table": one.table,
                "columns": list(one.columns),
                "by": one.by,
            }
            for one in graph.cascades
        ],
        "firings": [
            {
                "trigger": one.trigger,
                "fires": one.fires,
                "event": one.event,
                "cascade": list(one.cascade),
            }
            for one in graph.firings
        ],
        "cycles": [list(way) for way in graph.cycles],
        "loops": [list(way) for way in graph.loops],
        "chains": [list(way) for way in graph.chains],
        "unresolved": [_missing(item) for item in graph.unresolved],
        "not_read": [_missing(item) for item in graph.not_read],
        "beyond": list(graph.beyond),
    }


def _functions(graph: TriggerGraph) -> list[dict[str, Any]]:
    """Each function with the triggers that call it."""
    callers: dict[str, list[str]] = {}
    for trigger in graph.triggers:
        callers.setdefault(trigger.function, []).append(trigger.uri)
    return [{"name": name, "triggers": uris} for name, uris in sorted(callers.items())]


def _trigger(trigger: Trigger) -> dict[str, Any]:
    return {
        "uri": trigger.uri,
        "table": trigger.table,
        "app": trigger.app,
        "name": trigger.name,
        "function": trigger.function,
        "when": trigger.when,
        "level": trigger.level,
        "condition": trigger.condition or None,
        "origin": trigger.origin,
        **_place(trigger.place),
        "sets": list(trigger.sets),
        "calls": list(trigger.calls),
        "unknown": trigger.unknown,
        "sql": trigger.sql,
    }


def _missing(item: Missing) -> dict[str, Any]:
    return {"what": item.what, "reason": item.reason, **_place(item.place)}


def _place(place: Place | None) -> dict[str, Any]:
    return {"path": place.path if place else None, "line": place.line if place else None}
