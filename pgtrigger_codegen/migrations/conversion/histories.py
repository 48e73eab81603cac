"""Stage migrations: the histories that a set of migration files stands for.

A squashed migration and those that it replaces tell the same twice: new databases run one,
older ones have run the others. To change all of the files, both have to be gone through.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, Key, MigrationReader


def histories(reader: MigrationReader) -> Iterator[MigrationReader]:
    """Yield the migrations as they are, then again without squashed ones, layer by layer."""
    hidden: dict[Key, tuple[Key, ...]] = {}
    while True:
        yield _WithoutSquashed(reader, hidden) if hidden else reader
        found = {
            key: replaced
            for key, replaced in _squashed(reader)
            if key not in hidden and not _is_replaced(key, reader, hidden)
        }
        if not found:
            return
        hidden = {**hidden, **found}


class _WithoutSquashed(MigrationReader):
    """The migrations without some squashed ones, for which those that they replace stand."""

    def __init__(self, reader: MigrationReader, hidden: dict[Key, tuple[Key, ...]]) -> None:
        super().__init__(reader.apps, lambda app_label, path: reader.read((app_label, path.stem)))
        self._reader = reader
        self._hidden = hidden

    def names(self, app_label: str) -> tuple[str, ...]:
        names = self._reader.names(app_label)
        return tuple(name for name in names if (app_label, name) not in self._hidden)

    def path(self, key: Key) -> Path:
        return self._reader.path(key)

    def read(self, key: Key) -> EvaluatedMigration | Unknown:
        migration = self._reader.read(key)
        if isinstance(migration, Unknown) or isinstance(migration.dependencies, Unknown):
            return migration
        dependencies = [
            replaced for item in migration.dependencies for replaced in self._expanded(item)
        ]
        return replace(migration, dependencies=dependencies)

    def _expanded(self, dependency: object) -> tuple[object, ...]:
        if isinstance(dependency, tuple) and dependency in self._hidden:
            names = self._reader.names(str(dependency[0]))
            return tuple(key for key in self._hidden[dependency] if key[1] in names)
        return (dependency,)


def _squashed(reader: MigrationReader) -> Iterator[tuple[Key, tuple[Key, ...]]]:
    """Migrations that replace others which are still there."""
    for app_label, app in reader.apps.items():
        if not app.first_party:
            continue
        names = reader.names(app_label)
        for name in names:
            migration = reader.read((app_label, name))
            if isinstance(migration, Unknown) or isinstance(migration.replaces, Unknown):
                continue
            replaced = tuple(
                (str(item[0]), str(item[1]))
                for item in migration.replaces
                if isinstance(item, tuple) and len(item) == 2
            )
            if any(key[0] == app_label and key[1] in names for key in replaced):
                yield (app_label, name), replaced


def _is_replaced(key: Key, reader: MigrationReader, hidden: dict[Key, tuple[Key, ...]]) -> bool:
    """Whether another squashed migration still stands in front of this one."""
    return any(key in replaced for other, replaced in _squashed(reader) if other not in hidden)
