"""The project as it was found: its root, its settings, its apps."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span


class App(Struct, frozen=True):
    """One installed app.

    Attributes:
        label: The app label (`auth`).
        name: Dotted name of the app's package (`django.contrib.auth`).
        path: Folder of the package.
        first_party: Whether the package belongs to the project (not to site-packages).
        migrations_module: Dotted name of the migrations package by `MIGRATION_MODULES` or
            convention; None when `MIGRATION_MODULES` turns migrations off.
        migrations_dir: Folder of that package, whether it exists or not; None when it
            cannot be told.
        config: The app's `AppConfig` as an interpreted class, where it has one.
    """

    label: str
    name: str
    path: Path
    first_party: bool
    migrations_module: str | None
    migrations_dir: Path | None
    default_auto_field: str | None = None
    config: type | None = None


class Settings(Struct, frozen=True):
    """Settings read statically.

    Attributes:
        module: Dotted name of the settings module, None for a library without settings.
        values: Upper-case names to values; a value may be `Unknown`.
        span: Where the settings module begins, None without one.
        incomplete: Why there may be settings that were not seen, None when all were.
        assumed: What was taken as given as they were read.
        unsettled: The settings that depend on that, with the reasons why they would not be known.
    """

    module: str | None
    values: Mapping[str, Any]
    span: Span | None = None
    incomplete: Unknown | None = None
    assumed: frozenset[Assumption] = frozenset()
    unsettled: Mapping[str, tuple[str, ...]] = {}

    def get(self, name: str, default: object = None) -> Any:
        """The setting's value (possibly `Unknown`), or the default when it is not set."""
        return self.values.get(name, default)

    @property
    def runsql_mode(self) -> bool:
        """Whether django-pgtrigger's own migration integration is turned off."""
        return any(
            self.values.get(name, True) is False
            for name in ("PGTRIGGER_MIGRATIONS", "PGTRIGGER_MODEL_META")
        )


class Project(Struct, frozen=True):
    """A Django project, or a library of Django apps.

    Attributes:
        root: The folder that paths in the output are relative to.
        apps: Installed apps by label, in the order of `INSTALLED_APPS`.
        first_party_roots: Folders whose code belongs to the project.
        unread_apps: Entries of `INSTALLED_APPS` that were not found.
    """

    root: Path
    settings: Settings
    apps: Mapping[str, App]
    first_party_roots: tuple[Path, ...] = ()
    unread_apps: tuple[str, ...] = ()

    @property
    def first_party_apps(self) -> list[App]:
        """The apps that belong to the project."""
        return [app for app in self.apps.values() if app.first_party]

    def holds_migrations(self, folder: str | Path) -> bool:
        """Whether a folder is one of migrations, by its name or by `MIGRATION_MODULES`."""
        path = str(folder)
        return path.rpartition(os.sep)[2] == "migrations" or any(
            str(app.migrations_dir) == path for app in self.apps.values()
        )

    def display_path(self, path: str | Path) -> str:
        """The path as the output shows it: relative to the root, `site-packages/…` outside."""
        return _displayed(str(path), str(self.root))

    def display_place(self, span: Span | None) -> str:
        """`path:line:column: `, which a line of output begins with; empty without a span."""
        if span is None:
            return ""
        return f"{self.display_path(span.path)}:{span.line}:{span.column}: "


@functools.lru_cache(maxsize=4096)
def _displayed(path: str, root: str) -> str:
    shown = PurePath(path)
    if shown.is_relative_to(root) and "site-packages" not in shown.parts:
        return shown.relative_to(root).as_posix()
    parts = shown.parts
    for marker in ("site-packages", "dist-packages"):
        if marker in parts:
            index = len(parts) - 1 - parts[::-1].index(marker)
            return "/".join(("site-packages", *parts[index + 1 :]))
    return shown.as_posix()
