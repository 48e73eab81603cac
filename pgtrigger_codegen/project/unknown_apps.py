"""Stage project: installed apps that are not known, or not found.

They may declare triggers, which nobody then sees. So what is not known of `INSTALLED_APPS` is
noted with the place in the settings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.project.config import Config
from pgtrigger_codegen.project.discovery import Layout, find_app_packages
from pgtrigger_codegen.project.project import App, Settings
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread


def unknown_apps(
    entries: Iterable[Any], settings: Settings, interpreter: Interpreter
) -> Iterator[Unread]:
    """What is not known of a list of apps; certain only if nothing of it is known."""
    if "INSTALLED_APPS" not in settings.values:
        scope = interpreter.scopes.get(settings.module or "")
        reason = f"`{settings.module}` sets no INSTALLED_APPS"
        span = settings.span
        classes = [
            node
            for node in (scope.module.tree.body if scope is not None else ())
            if isinstance(node, ast.ClassDef)
        ]
        if scope is not None and classes:
            reason += f": settings in a class, such as `{classes[0].name}`, are not read"
            span = scope.module.name_span(classes[0])
        yield Unread(GapKind.UNKNOWN_SETTING, reason, span)
        return
    if settings.incomplete is not None and _comes_later(settings.incomplete, interpreter.loader):
        reason = f"INSTALLED_APPS may have more entries: {settings.incomplete.reason}"
        span = settings.incomplete.span or settings.span
        yield Unread(GapKind.UNKNOWN_SETTING, reason, span, certain=False)
    for entry in entries:
        if not isinstance(entry, str):
            unknown = first_unknown(entry)
            why = unknown.reason if unknown else f"{entry!r} is not a string"
            span = (unknown.span if unknown else None) or settings.span
            reason = f"an entry of INSTALLED_APPS is not known: {why}"
            yield Unread(GapKind.UNKNOWN_SETTING, reason, span, certain=False)


def not_found(entries: Iterable[str], loader: ModuleLoader) -> Iterator[Unread]:
    """Apps that are installed and were not found.

    Most are packages that are not in the environment that we run in. It is certain that something
    is missing where the environment is the project's, or where the package that should hold the
    app is the project's own.
    """
    listed = list(entries)
    places = _strings(loader) if listed else {}
    for entry in listed:
        top, dot, _ = entry.partition(".")
        own = bool(dot) and loader.is_first_party(top)
        name = entry.rpartition(".")[0].removesuffix(".apps") if _is_class(entry) else entry
        reason = f"the installed app `{entry}` was not found"
        label = name.rpartition(".")[2]
        certain = own or loader.complete
        yield Unread(GapKind.APP_NOT_FOUND, reason, places.get(entry), label, certain)


def possible_apps(
    unread: Iterable[Unread],
    apps: Mapping[str, App],
    layout: Layout,
    config: Config,
    loader: ModuleLoader,
) -> list[Unread]:
    """The same, certain where packages of the project with triggers may be such apps."""
    return [
        _judged(one, apps, layout, config, loader) if one.kind in _LISTS else one for one in unread
    ]


_LISTS = frozenset({GapKind.UNKNOWN_SETTING, GapKind.ASSUMED_BRANCH})
_NOT_INSTALLED = frozenset("test tests testing testapp example examples sandbox demo docs".split())
_BRANCH = "depends on a condition"


def _judged(
    one: Unread,
    apps: Mapping[str, App],
    layout: Layout,
    config: Config,
    loader: ModuleLoader,
) -> Unread:
    known = {app.name for app in apps.values()}
    for name in find_app_packages(layout, config):
        if name in known or not _NOT_INSTALLED.isdisjoint(name.split(".")):
            continue
        # What a branch adds is written somewhere in the settings; what a call adds need not be.
        named = any(name in module.text for module in loader.loaded() if module.first_party)
        if _BRANCH in one.reason and not named:
            continue
        if "pgtrigger" in known or _mentions_triggers(layout, name):
            return replace(one, reason=f"{one.reason}; `{name}` may be such an app", certain=True)
    return replace(one, certain=False)


def _mentions_triggers(layout: Layout, package: str) -> bool:
    for root in layout.source_roots:
        for path in sorted((root / Path(*package.split("."))).rglob("*.py")):
            try:
                if b"pgtrigger" in path.read_bytes() or b"pghistory" in path.read_bytes():
                    return True
            except OSError:
                return True
    return False


def _comes_later(star_import: Unknown, loader: ModuleLoader) -> bool:
    """Whether an import of `*` that was not followed may change a list of apps above it."""
    span = star_import.span
    for module in loader.loaded():
        if span is not None and str(module.path) == span.path:
            return any(
                isinstance(node, ast.Name) and node.id == "INSTALLED_APPS"
                for statement in module.tree.body
                if statement.lineno < span.line
                for node in walk(statement)
            )
    return False


def _is_class(entry: str) -> bool:
    return entry.rpartition(".")[2][:1].isupper()


def _strings(loader: ModuleLoader) -> dict[str, Span]:
    """Where texts stand in the project's modules that were read so far: the settings."""
    return {
        node.value: module.span(node)
        for module in loader.loaded()
        if module.first_party
        for node in walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
