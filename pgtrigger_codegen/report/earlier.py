"""The facts about what is released that a report compares with.

They are taken while the earlier files are there to be read, and need none of them afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.baseline import Baseline
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.migrations.watching.trigger_statements import (
    TriggerOperationSql,
    trigger_operations,
)
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName

Unread = tuple[str, str | None]
"""What was not read: the reason, and the file."""


class Earlier(Struct, frozen=True):
    """What is released.

    Attributes:
        triggers: Those that the migrations leave.
        tables: All that the migrations know.
        migrations: The text of each migration of the project's own apps.
        operations: How often a migration has each operation about triggers.
        baseline: The findings.
        unread: What was not read.
    """

    triggers: Mapping[TriggerKey, InstalledTrigger] = field(default_factory=dict)
    tables: frozenset[QualifiedName] = frozenset()
    migrations: Mapping[Key, bytes] = field(default_factory=dict)
    operations: Mapping[Key, Counter[object]] = field(default_factory=dict)
    baseline: Baseline = Baseline(Counter())
    unread: frozenset[Unread] = frozenset()


NOTHING = Earlier()
"""Of a project that was not there before."""


def earlier_of(analysis: Analysis, findings: Sequence[Diagnostic]) -> Earlier:
    """The facts of an earlier state of the project.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    history = analysis.history().history
    texts = migration_texts(analysis)
    graph = history.graph
    return Earlier(
        triggers=history.state.triggers,
        tables=frozenset(history.state.tables),
        migrations=texts,
        operations={
            key: Counter(map(identity, trigger_operations(key[0], graph.migrations[key])))
            for key in texts
            if key in graph.parents
        },
        baseline=Baseline.of(findings, analysis.project.display_path),
        unread=frozenset(unread_places(analysis)),
    )


def identity(operation: TriggerOperationSql) -> object:
    """What makes an operation the same in another text of its migration."""
    texts = tuple(text for text, _ in operation.statements)
    return operation.kind, operation.uri, texts, operation.unread


def migration_texts(analysis: Analysis) -> dict[Key, bytes]:
    """The text of each migration of the project's own apps; empty where it cannot be read."""
    history = analysis.history().history
    found: dict[Key, bytes] = {}
    for label, app in analysis.project.apps.items():
        for name in history.reader.names(label) if app.first_party else ():
            try:
                found[label, name] = read_bytes(history.reader.path((label, name)))
            except OSError:
                found[label, name] = b""
    return found


def unread_places(analysis: Analysis) -> Iterator[Unread]:
    """What was not read, to be compared between two states of a project."""
    shown = analysis.project.display_path
    for gap in analysis.certificate.gaps:
        yield gap.reason, shown(gap.span.path) if gap.span else None
    for item in analysis.unresolved:
        yield item.reason, shown(item.span.path)
    for unreadable in analysis.history().history.state.unreadable:
        yield unreadable.unknown.reason, ".".join(unreadable.migration)
