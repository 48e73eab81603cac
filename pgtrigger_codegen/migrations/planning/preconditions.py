"""Stage migrations: checks whether trigger migrations can be written for the project.

What is written wrong here shows only when someone migrates, so refusing comes first.
"""

from __future__ import annotations

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.reader import is_migrations_package, unreadable
from pgtrigger_codegen.project.project import App, Project, Settings


def require_runsql_mode(settings: Settings) -> None:
    """Refuse where Django's own `makemigrations` would write the same triggers once more."""
    if settings.runsql_mode:
        return
    mode = settings.get("PGTRIGGER_MIGRATIONS")
    if isinstance(mode, Unknown):
        raise MigrationsError(
            f"PGTRIGGER_MIGRATIONS in {settings.module} cannot be read: {mode.reason}",
            help="write PGTRIGGER_MIGRATIONS = False; --check and --dry-run work without it",
        )
    if settings.module is None:
        raise MigrationsError(
            "no settings were found that turn django-pgtrigger's own migrations off",
            help="name settings with PGTRIGGER_MIGRATIONS = False: --settings, or settings under "
            "[tool.pgtrigger-codegen]; --check and --dry-run work without it",
        )
    raise MigrationsError(
        "django-pgtrigger's own migrations are on, and would bring the same triggers again",
        help=f"set PGTRIGGER_MIGRATIONS = False in {settings.module}; "
        "--check and --dry-run work without it",
    )


def require_migrations_package(project: Project, app: App) -> None:
    """Refuse where there is no folder to put the file in."""
    if app.migrations_dir is None:
        reason = (
            "MIGRATION_MODULES turns its migrations off"
            if app.migrations_module is None
            else f"its migrations package {app.migrations_module} cannot be found"
        )
        raise MigrationsError(
            f"triggers of app {app.label!r} cannot be written: {reason}",
            help="give the app a migrations package",
        )
    require_readable_migrations(project, app)
    if not is_migrations_package(app.migrations_dir):
        folder = project.display_path(app.migrations_dir)
        raise MigrationsError(
            f"app {app.label!r} has no migrations package",
            help=f"create it: an empty file {folder}/__init__.py",
        )


def require_readable_migrations(project: Project, app: App) -> None:
    """Refuse where the app may have migrations that nobody has read."""
    reason = unreadable(app.migrations_dir)
    if app.migrations_dir is not None and reason is not None:
        raise MigrationsError(
            f"the migrations of app {app.label!r} cannot be read: "
            f"{project.display_path(app.migrations_dir)}: {reason}",
            help="give the user who runs this command the right to list the folder and read its "
            "files",
        )
