"""The project's migrations, replayed for the rules that ask what they leave behind.

Replaying takes longer than all other rules together, so it happens when the first rule asks, and
once for an analysis.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.lint.project_files import first_party_apps, text_of
from pgtrigger_codegen.migrations.graph import build_graph
from pgtrigger_codegen.migrations.reader import EvaluatedMigration, Key, MigrationReader
from pgtrigger_codegen.migrations.replay import replay
from pgtrigger_codegen.migrations.state import MigrationState
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.source.span import Span


@dataclass(frozen=True)
class _Replayed:
    analysis: Analysis
    state: MigrationState | None


_last: list[_Replayed] = []


def replayed(analysis: Analysis) -> MigrationState | None:
    """What the project's migrations leave behind; None when they go in a circle."""
    if not _last or _last[0].analysis is not analysis:
        _last[:] = [_Replayed(analysis, _replay(analysis))]
    return _last[0].state


def migrations_with(analysis: Analysis, word: str) -> Iterator[tuple[Key, EvaluatedMigration]]:
    """The project's migrations whose text has a word, in any case, as far as they are readable."""
    reader = MigrationReader(analysis.project.apps, analysis.load_migration)
    for app in first_party_apps(analysis):
        for name in reader.names(app.label):
            key = (app.label, name)
            if word.lower() in text_of(reader.path(key)).lower():
                migration = reader.read(key)
                if isinstance(migration, EvaluatedMigration):
                    yield key, migration


def operation_span(analysis: Analysis, key: Key, index: int) -> Span:
    """Where an operation of a migration begins; the file's first line if in no list."""
    reader = MigrationReader(analysis.project.apps, analysis.load_migration)
    path = str(reader.path(key))
    for node in ast.walk(ast.parse(text_of(reader.path(key)))):
        match node:
            case ast.Assign(targets=[ast.Name(id="operations")], value=ast.List(elts=elements)):
                if index < len(elements):
                    return _head(path, elements[index])
            case _:
                pass
    return migration_span(analysis, key)


def migration_span(analysis: Analysis, key: Key) -> Span:
    """The first line of a migration's file."""
    path = MigrationReader(analysis.project.apps, analysis.load_migration).path(key)
    return Span(str(path), 1, 1, 1, 1 + len(text_of(path).partition("\n")[0]))


def _replay(analysis: Analysis) -> MigrationState | None:
    reader = MigrationReader(analysis.project.apps, analysis.load_migration)
    try:
        return replay(build_graph(reader, [app.label for app in first_party_apps(analysis)]))
    except MigrationsError:
        return None


def _head(path: str, node: ast.expr) -> Span:
    """The call's name: the whole of an operation is often a screenful of SQL."""
    head = node.func if isinstance(node, ast.Call) else node
    line, end_line = head.lineno, head.end_lineno or head.lineno
    return Span(path, line, head.col_offset + 1, end_line, (head.end_col_offset or 0) + 1)
