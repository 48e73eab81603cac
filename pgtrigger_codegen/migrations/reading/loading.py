"""Stage migrations: one migration file, evaluated without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute, is_class
from pgtrigger_codegen.evaluator.values.own_kinds import type_name
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.own_methods import followed
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, LoadMigration
from pgtrigger_codegen.project.project import App


def migration_loader(interpreter: Interpreter, apps: Mapping[str, App]) -> LoadMigration:
    """What evaluates the migrations of some apps."""

    def load(app_label: str, path: Path) -> EvaluatedMigration | Unknown:
        return load_migration(interpreter, apps[app_label], path)

    return load


def load_migration(interpreter: Interpreter, app: App, path: Path) -> EvaluatedMigration | Unknown:
    """The class `Migration` of a file, or why it cannot be read."""
    name = f"{app.migrations_module}.{path.stem}"
    scope = interpreter.module(name)
    if isinstance(scope, Unknown):
        return scope
    cls = scope.names.get("Migration")
    if not is_class(cls):
        reason = cls.reason if isinstance(cls, Unknown) else "it has no class `Migration`"
        return Unknown(f"migration `{name}` cannot be read: {reason}")
    initial = _attribute(cls, "initial")
    return EvaluatedMigration(
        name=path.stem,
        path=path,
        dependencies=_listed(cls, "dependencies"),
        run_before=_listed(cls, "run_before"),
        replaces=_listed(cls, "replaces"),
        initial=initial if isinstance(initial, bool) else None,
        operations=_followed(interpreter, _listed(cls, "operations"), app.label),
        atomic=_attribute(cls, "atomic") is not False,
    )


def _followed(interpreter: Interpreter, listed: Any, app_label: str) -> Any:
    """The operations, those of the project's own as Django's where they can be followed."""
    if isinstance(listed, Unknown):
        return listed
    return [followed(interpreter, operation, app_label) for operation in listed]


def _listed(cls: Any, name: str) -> Any:
    """An attribute of which Django makes a list."""
    value = _attribute(cls, name)
    if isinstance(value, Unknown | list | tuple | set | frozenset):
        return value
    return Unknown(f"`{name}` is of type {type_name(value)}, and not a list")


def _attribute(cls: Any, name: str) -> Any:
    """An attribute of the user's class; Django's default is an empty list."""
    found = find_attribute(cls, name)
    return () if found is MISSING else found
