"""Stage migrations: the dependencies between migrations.

The rules are those of Django's loader and graph for a database where nothing is applied: a
squashed migration takes the place of those it replaces, `__first__` and `__latest__` stand
for an app's root and leaf, and `run_before` is a dependency told from the other end.

Only the apps asked for and those that they depend on are read: a project has dozens of
third-party apps whose migrations do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.order import run_order
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, Key, MigrationReader


class Unreadable(Struct, frozen=True):
    """A migration, or a part of it, that cannot be read.

    Attributes:
        part: `operations`, `dependencies`, or `file`.
    """

    migration: Key
    part: str
    unknown: Unknown


class MissingDependency(Struct, frozen=True):
    """A dependency that leads nowhere.

    Attributes:
        app_is_installed: Whether the app at least is there.
    """

    migration: Key
    dependency: Key
    app_is_installed: bool


class MigrationGraph(Struct, frozen=True):
    """The migrations that would run, with the migrations that each one follows.

    Attributes:
        parents: Of each migration, sorted. Replaced migrations do not occur.
        replaced: By what each replaced migration is replaced.
    """

    migrations: Mapping[Key, EvaluatedMigration]
    parents: Mapping[Key, tuple[Key, ...]]
    replaced: Mapping[Key, Key]
    missing: tuple[MissingDependency, ...]
    unreadable: tuple[Unreadable, ...]

    def leaves(self, app_label: str) -> list[Key]:
        """The app's migrations that no other of the app comes after, sorted."""
        inner = {
            parent
            for key in self.parents
            for parent in self.parents[key]
            if key[0] == parent[0] == app_label
        }
        return sorted(key for key in self.parents if key[0] == app_label and key not in inner)

    def leaf(self, app_label: str) -> Key | None:
        """The app's last migration; None when it has none.

        Raises:
            MigrationsError: The app has several.
        """
        leaves = self.leaves(app_label)
        if len(leaves) > 1:
            names = ", ".join(name for _, name in leaves)
            raise MigrationsError(
                f"app {app_label!r} has conflicting migrations: {names} are all last",
                help=f"merge them first: manage.py makemigrations --merge {app_label}",
            )
        return leaves[0] if leaves else None

    def order(self) -> list[Key]:
        """All migrations as Django runs them in a new database.

        Raises:
            MigrationsError: There is a cycle.
        """
        return run_order(self.parents)

    def with_order(self, pairs: Iterable[tuple[Key, Key]]) -> MigrationGraph:
        """The same migrations, the second of each pair coming after the first as well."""
        added: dict[Key, set[Key]] = {}
        for first, then in pairs:
            added.setdefault(then, set()).add(first)
        if not added:
            return self
        parents = {
            key: tuple(sorted({*listed, *added.get(key, ())}))
            for key, listed in self.parents.items()
        }
        return replace(self, parents=parents)

    def ancestors(self, key: Key) -> set[Key]:
        """All that comes before the migration, itself left out."""
        found: set[Key] = set()
        pending = list(self.parents.get(key, ()))
        while pending:
            parent = pending.pop()
            if parent not in found:
                found.add(parent)
                pending.extend(self.parents[parent])
        return found

    def path(self, key: Key, ancestor: Key) -> list[Key]:
        """The migrations from one to another that comes before it; empty when it does not."""
        came_from: dict[Key, Key] = {}
        pending = [key]
        while pending:
            current = pending.pop()
            if current == ancestor:
                path = [current]
                while path[-1] != key:
                    path.append(came_from[path[-1]])
                return path[::-1]
            for parent in self.parents.get(current, ()):
                if parent not in came_from and parent != key:
                    came_from[parent] = current
                    pending.append(parent)
        return []


def build_graph(reader: MigrationReader, app_labels: Iterable[str]) -> MigrationGraph:
    """The graph of these apps' migrations and of all that they depend on."""
    return _Builder(reader).build(app_labels)


class _Builder:
    def __init__(self, reader: MigrationReader) -> None:
        self.reader = reader
        self.migrations: dict[Key, EvaluatedMigration] = {}
        self.dependencies: dict[Key, list[Key]] = {}
        self.replaced: dict[Key, Key] = {}
        self.squashed: dict[Key, list[Key]] = {}
        self.missing: list[MissingDependency] = []
        self.unreadable: list[Unreadable] = []

    def build(self, app_labels: Iterable[str]) -> MigrationGraph:
        self._read_apps(app_labels)
        self._find_replaced()
        live = sorted(key for key in self.migrations if key not in self.replaced)
        inner = {key: self._inner_parents(key) for key in live}
        parents = {key: inner[key] | self._outer_parents(key, inner) for key in live}
        for key in live:
            for child in self._keys(key, "run_before"):
                if (target := self._current(child)) in parents and target != key:
                    parents[target].add(key)
        return MigrationGraph(
            migrations={key: self.migrations[key] for key in live},
            parents={key: tuple(sorted(parents[key])) for key in live},
            replaced=self.replaced,
            missing=tuple(self.missing),
            unreadable=tuple(self.unreadable),
        )

    def _read_apps(self, app_labels: Iterable[str]) -> None:
        pending, seen = sorted(app_labels, reverse=True), set()
        while pending:
            app_label = pending.pop()
            if app_label in seen:
                continue
            seen.add(app_label)
            for name in self.reader.names(app_label):
                self._read((app_label, name))
                pending.extend(key[0] for key in self.dependencies[app_label, name])

    def _read(self, key: Key) -> None:
        migration = self.reader.read(key)
        if isinstance(migration, Unknown):
            self.unreadable.append(Unreadable(key, "file", migration))
            path = self.reader.path(key)
            migration = EvaluatedMigration(key[1], path, operations=migration)
        elif isinstance(migration.operations, Unknown):
            self.unreadable.append(Unreadable(key, "operations", migration.operations))
        self.migrations[key] = migration
        self.dependencies[key] = self._keys(key, "dependencies")

    def _keys(self, key: Key, attribute: str) -> list[Key]:
        """A list of migrations in a class attribute, without what cannot be read of it."""
        listed = getattr(self.migrations[key], attribute)
        keys: list[Key] = []
        for item in [listed] if isinstance(listed, Unknown) else listed:
            match item:
                case (str() as app_label, str() as name):
                    keys.append((app_label, name))
                case Unknown():
                    self.unreadable.append(Unreadable(key, attribute, item))
                case _:
                    unknown = Unknown(f"{item!r} does not name a migration")
                    self.unreadable.append(Unreadable(key, attribute, unknown))
        return keys

    def _find_replaced(self) -> None:
        for key in sorted(self.migrations):
            for replaced in self._keys(key, "replaces"):
                if replaced != key:
                    self.replaced[replaced] = key
        for replaced in sorted(self.replaced):
            if replaced in self.migrations:
                self.squashed.setdefault(self._current(replaced), []).append(replaced)

    def _current(self, key: Key) -> Key:
        """The migration that runs in the place of this one."""
        seen = {key}
        while (key := self.replaced.get(key, key)) not in seen:
            seen.add(key)
        return key

    def _written_dependencies(self, key: Key) -> Iterator[tuple[Key, Key]]:
        """Dependencies of a migration and of those that it replaces, with who wrote them."""
        for other in (key, *self.squashed.get(key, ())):
            for dependency in self.dependencies[other]:
                if self._current(dependency) != key:
                    yield other, dependency

    def _inner_parents(self, key: Key) -> set[Key]:
        """Parents in the same app; `__first__` of one's own app means nothing to Django."""
        parents: set[Key] = set()
        for written_in, dependency in self._written_dependencies(key):
            if dependency[0] != key[0] or dependency[1] in _SPECIAL:
                continue
            parent = self._current(dependency)
            if parent not in self.migrations:
                self.missing.append(MissingDependency(written_in, dependency, True))
            else:
                parents.add(parent)
        return parents

    def _outer_parents(self, key: Key, inner: Mapping[Key, set[Key]]) -> set[Key]:
        parents: set[Key] = set()
        for written_in, dependency in self._written_dependencies(key):
            if dependency[0] == key[0]:
                continue
            if dependency[1] in _SPECIAL:
                # Without migrations the app's tables are there before any migration runs.
                parents.update(_end(dependency, inner))
                if dependency[0] not in self.reader.apps:
                    self.missing.append(MissingDependency(written_in, dependency, False))
            elif (parent := self._current(dependency)) in inner:
                parents.add(parent)
            else:
                installed = dependency[0] in self.reader.apps
                self.missing.append(MissingDependency(written_in, dependency, installed))
        return parents


_SPECIAL = ("__first__", "__latest__")


def _end(dependency: Key, inner: Mapping[Key, set[Key]]) -> list[Key]:
    """The app's first root or first leaf, as Django picks it."""
    app_label, which = dependency
    keys = [key for key in inner if key[0] == app_label]
    if which == "__first__":
        ends = [key for key in keys if not inner[key]]
    else:
        parents = {parent for key in keys for parent in inner[key]}
        ends = [key for key in keys if key not in parents]
    return sorted(ends)[:1]
