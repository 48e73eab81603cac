"""Finds settings that would change with the assumed environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.protocols.host import Host
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.project.discovery import Layout
from pgtrigger_codegen.project.project import Settings
from pgtrigger_codegen.project.settings_values import settings_of
from pgtrigger_codegen.source.unread import UNKNOWN_APP, GapKind, Unread

_MOST_LEVELS = 20


def settings_without_assumptions(
    layout: Layout, interpreter: Interpreter, host: Host
) -> Settings | None:
    """The settings, read once more without what was assumed; None where nothing was.

    Args:
        interpreter: The one that has read them.
        host: Takes no default of a variable for its value.
    """
    if not interpreter.trace.assumptions:
        return None
    other = Interpreter(interpreter.loader, host, interpreter.libraries)
    settings = settings_of(layout.settings_module or "", layout.configuration, other)
    return None if isinstance(settings, Unknown) else settings


def assumed_apps(names: list[Any], other: Settings) -> Iterator[Unread]:
    """Whether other apps would be installed if assumed values were others."""
    unknown = first_unknown(other.get("INSTALLED_APPS"))
    if unknown is None or any(first_unknown(name) is not None for name in names):
        return  # what is not known either way is told already
    reason = f"INSTALLED_APPS depends on a value that is assumed: {unknown.reason}"
    span = unknown.span or other.span
    yield Unread(GapKind.ASSUMED_BRANCH, reason, span, UNKNOWN_APP, certain=False)


def unsettled(other: Settings) -> Mapping[str, tuple[str, ...]]:
    """The settings that depend on what was assumed, with the reasons why they are not known.

    Of databases only the engine decides what is read, so that only that counts.
    """
    found = {}
    for name, value in other.values.items():
        reasons = tuple(dict.fromkeys(_reasons(_engines(value) if name == "DATABASES" else value)))
        if reasons:
            found[name] = reasons
    return found


def _engines(databases: Any) -> Any:
    if not isinstance(databases, dict):
        return databases
    return [one.get("ENGINE") if isinstance(one, dict) else one for one in databases.values()]


def _reasons(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, Unknown):
        yield value.reason
    elif isinstance(value, list | tuple | dict) and depth < _MOST_LEVELS:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _reasons(item, depth + 1)
