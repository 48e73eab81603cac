"""Stage project: the `AppConfig` of an app that is not known.

What its `ready()` imports and registers is not seen then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import External, Refusal, Unknown
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread

# By these a class is taken for a config whose base is not known.
_OF_CONFIGS = ("ready", "default_auto_field", "verbose_name", "label", "name")


def unknown_configs(
    apps: Mapping[str, App], entries: Mapping[str, str], interpreter: Interpreter
) -> Iterator[Unread]:
    """The apps of the project whose `AppConfig` is not known, or what it does at the start.

    Args:
        entries: The entry of `INSTALLED_APPS` of each app, by label.
    """
    for app in apps.values():
        if not app.first_party:
            continue
        if app.config is None:
            yield from _of_app(app, entries.get(app.label, app.name), interpreter)
        elif (unknown := _unknown_ready(app.config)) is not None:
            yield _unread(app, app.config.__name__, unknown, unknown.span, certain=True)


def _of_app(app: App, entry: str, interpreter: Interpreter) -> Iterator[Unread]:
    module, _, name = entry.rpartition(".")
    is_named = bool(module) and entry != app.name
    scope = interpreter.module(module if is_named else f"{app.name}.apps")
    if isinstance(scope, Unknown):
        return
    if is_named and name not in scope.names:
        missing = Unknown(f"`{module}` has no such class")
        at_start = Span(str(scope.module.path), 1, 1, 1, 1)
        yield _unread(app, name, missing, at_start, certain=True)
        return
    for key in [name] if is_named else list(scope.names):
        value = scope.names[key]
        unknown = value if isinstance(value, Unknown) else None
        if isinstance(value, ModelClass):
            unknown = next(value.unknown_bases(), None)
        if unknown is not None and (is_named or _may_be_config(value)):
            place = value.span if isinstance(value, ModelClass) else unknown.span
            certain = _defines(value, "ready") or not _is_of_package(unknown, interpreter)
            yield _unread(app, key, unknown, place, certain=certain)


def _may_be_config(value: object) -> bool:
    return any(_defines(value, name) for name in _OF_CONFIGS)


def _defines(value: object, name: str) -> bool:
    return isinstance(value, ModelClass) and name in value.namespace


def _is_of_package(unknown: Unknown, interpreter: Interpreter) -> bool:
    """Whether it is of a package that is not the project's: most such configs register nothing."""
    if not isinstance(unknown, External):
        return False
    return not interpreter.loader.is_first_party(unknown.dotted.partition(".")[0])


def _unknown_ready(config: type) -> Unknown | None:
    try:
        getattr(config, "ready", None)
    except Refusal as refusal:
        return refusal.unknown
    return None


def _unread(app: App, name: str, unknown: Unknown, place: Span | None, *, certain: bool) -> Unread:
    reason = f"what the config `{name}` of app `{app.label}` does is not known: {unknown.reason}"
    return Unread(GapKind.UNREAD_BASE, reason, place, app.label, certain)
