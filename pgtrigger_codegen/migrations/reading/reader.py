"""Stage migrations: the migration files of the installed apps, read when they are needed.

Which files count is Django's loader's rule: the modules of the migrations package whose names
begin neither with `_` nor with `~`. A folder without `__init__.py` is no migrations package.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.overlay import overlaid_names

Key = tuple[str, str]
"""A migration: app label and name."""


class EvaluatedMigration(Struct, frozen=True):
    """The class `Migration` of one file, as far as it can be known.

    Attributes:
        name: The module's name (`0001_initial`).
        dependencies: App labels and names; `__first__` and `__latest__` as written.
        operations: Real operation objects, and `Unknown` for each that cannot be read.
        initial: None where the file does not say.
    """

    name: str
    path: Path
    dependencies: Sequence[object] | Unknown = ()
    run_before: Sequence[object] | Unknown = ()
    replaces: Sequence[object] | Unknown = ()
    initial: bool | None = None
    operations: Sequence[object] | Unknown = ()
    atomic: bool = True


LoadMigration = Callable[[str, Path], EvaluatedMigration | Unknown]
"""Evaluates a file, given the app's label and the file's path."""


class MigrationReader:
    """Reads each file at most once, and only when asked for it."""

    def __init__(self, apps: Mapping[str, App], load: LoadMigration) -> None:
        self.apps = apps
        self._load = load
        self._paths: dict[str, dict[str, Path]] = {}
        self._migrations: dict[Key, EvaluatedMigration | Unknown] = {}

    def names(self, app_label: str) -> tuple[str, ...]:
        """The names of the app's migrations, sorted; none for an app that is not installed."""
        return tuple(self._files(app_label))

    def path(self, key: Key) -> Path:
        """The migration's file."""
        return self._files(key[0])[key[1]]

    def read(self, key: Key) -> EvaluatedMigration | Unknown:
        """The migration, or why it cannot be read."""
        if key not in self._migrations:
            self._migrations[key] = self._load(key[0], self.path(key))
        return self._migrations[key]

    def _files(self, app_label: str) -> dict[str, Path]:
        if app_label not in self._paths:
            app = self.apps.get(app_label)
            self._paths[app_label] = migration_files(app.migrations_dir if app else None)
        return self._paths[app_label]


def is_migrations_package(folder: Path | None) -> bool:
    """Whether Django would look for migrations in the folder."""
    try:
        return folder is not None and (folder / "__init__.py").is_file()
    except PermissionError:  # the certificate says that the folder cannot be listed
        return False


def unreadable(folder: Path | None) -> str | None:
    """Why nobody can tell which files a migrations package has, where that is so."""
    if folder is None:
        return None
    try:
        with os.scandir(folder):
            # A folder can be listed whose files cannot be opened.
            (folder / "__init__.py").lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return error.strerror or str(error)
    return None


def migration_files(folder: Path | None) -> dict[str, Path]:
    """The migration files of a migrations package by name, sorted."""
    if folder is None or not is_migrations_package(folder):
        return {}
    # What is staged can be gone from the folder.
    staged = {folder / name for name in overlaid_names(str(folder)) if name.endswith(".py")}
    paths = sorted(path for path in {*folder.glob("*.py"), *staged} if path.name[0] not in "_~")
    return {path.stem: path for path in paths}
