"""The project's migrations, replayed for the rules that ask what they leave behind.

Replaying takes longer than all other rules together, so it happens when the first rule asks, and
once for an analysis.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.planning.history import ProjectHistory
from pgtrigger_codegen.migrations.reading.reader import Key, MigrationReader
from pgtrigger_codegen.migrations.replaying.state import MigrationState
from pgtrigger_codegen.source.module import Module, SourceSyntaxError, read_module
from pgtrigger_codegen.source.span import Span


def replayed_history(analysis: Analysis) -> ProjectHistory | None:
    """The project's migrations; None when they go in a circle."""
    try:
        return analysis.history()
    except MigrationsError:
        return None


def replayed(analysis: Analysis) -> MigrationState | None:
    """What the project's migrations leave behind; None when they go in a circle."""
    found = replayed_history(analysis)
    return found.history.state if found else None


def is_own_migration(analysis: Analysis, key: Key) -> bool:
    """Whether a migration belongs to an app of the project."""
    app = analysis.project.apps.get(key[0])
    return app is not None and app.first_party


def operation_span(analysis: Analysis, key: Key, index: int) -> Span:
    """Where an operation of a migration begins; the file's first line if in no list."""
    return operation_spans(analysis, key)(index)


def operation_spans(analysis: Analysis, key: Key) -> Callable[[int], Span]:
    """The same for all operations of a migration, whose file is read once."""
    module = migration_module(analysis, key)
    listed = class_list(module, "operations") if module else None
    whole = migration_span(analysis, key)

    def span(index: int) -> Span:
        node = _element(listed, index)
        if module is None or node is None:
            return whole
        # The call's name: the whole of an operation is often a screenful of SQL.
        return module.span(node.func if isinstance(node, ast.Call) else node)

    return span


def operation_node(module: Module, index: int) -> ast.expr | None:
    """The expression that makes an operation; None if it is not an element of a plain list."""
    return _element(class_list(module, "operations"), index)


def _element(listed: ast.List | None, index: int) -> ast.expr | None:
    if listed is None or any(isinstance(item, ast.Starred) for item in listed.elts[: index + 1]):
        return None
    return listed.elts[index] if index < len(listed.elts) else None


def class_list(module: Module, name: str) -> ast.List | None:
    """The list that a migration's class assigns to a name: `operations` or `dependencies`.

    None where it is something else than a list, or assigned more than once.
    """
    found = [
        node.value
        for migration in ast.walk(module.tree)
        if isinstance(migration, ast.ClassDef) and migration.name == "Migration"
        for node in migration.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and _assigns(node, name)
    ]
    return found[0] if len(found) == 1 and isinstance(found[0], ast.List) else None


def migration_span(analysis: Analysis, key: Key) -> Span:
    """The first line of a migration's file."""
    module = migration_module(analysis, key)
    width = len(module.lines[0]) if module else 0
    return Span(str(migration_path(analysis, key)), 1, 1, 1, 1 + width)


def migration_module(analysis: Analysis, key: Key) -> Module | None:
    """A migration's file as a tree; None if it cannot be read."""
    path = migration_path(analysis, key)
    try:
        return read_module(path.stem, path, is_package=False, first_party=True)
    except (SourceSyntaxError, OSError):
        return None


def _assigns(node: ast.Assign | ast.AnnAssign, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def migration_path(analysis: Analysis, key: Key) -> Path:
    return MigrationReader(analysis.project.apps, analysis.load_migration).path(key)
