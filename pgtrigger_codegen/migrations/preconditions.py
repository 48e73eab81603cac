"""Stage migrations: whether the project is one that trigger migrations can be written for.

What is written wrong here shows only when someone migrates, so refusing comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.reader import is_migrations_package
from pgtrigger_codegen.project.project import App, Project, Settings

# Engines go by many names; these say that it is not PostgreSQL.
_OTHER_DATABASES = ("sqlite", "spatialite", "mysql", "mariadb", "oracle", "mssql", "sql_server")


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


def require_postgresql(settings: Settings, configured: Sequence[str] = ()) -> None:
    """Refuse where `RunSQL` would reach a database that is not PostgreSQL.

    Args:
        configured: Aliases that the user says trigger migrations are for.
    """
    for alias, engine in _engines(settings):
        if configured and alias not in configured:
            continue
        if any(name in engine.lower() for name in _OTHER_DATABASES):
            raise MigrationsError(
                f"database {alias!r} is not PostgreSQL (ENGINE is {engine!r}), "
                "and RunSQL would run there too",
                help="name the databases that have the triggers: "
                'databases = ["default"] under [tool.pgtrigger-codegen]',
            )


def require_same_router_answer(
    settings: Settings,
    app_label: str,
    model_apps: Mapping[str, str],
    configured: Sequence[str] = (),
) -> None:
    """Refuse where a router may send the model's app and the migration's elsewhere.

    Args:
        model_apps: The app of the table's model by URI.
        configured: Aliases that the user says trigger migrations are for.
    """
    routers = settings.get("DATABASE_ROUTERS", ())
    if configured or routers in ((), []):
        return
    for uri, model_app in sorted(model_apps.items()):
        if model_app != app_label:
            raise MigrationsError(
                f"trigger {uri} is on a table of app {model_app!r} and would be written into "
                f"app {app_label!r}; DATABASE_ROUTERS may send the two to different databases",
                help="if they share one, say so: "
                'databases = ["default"] under [tool.pgtrigger-codegen]',
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
    if not is_migrations_package(app.migrations_dir):
        folder = project.display_path(app.migrations_dir)
        raise MigrationsError(
            f"app {app.label!r} has no migrations package",
            help=f"create it: an empty file {folder}/__init__.py",
        )


def _engines(settings: Settings) -> Iterator[tuple[str, str]]:
    databases = settings.get("DATABASES", {})
    if isinstance(databases, Mapping):
        for alias, database in databases.items():
            engine = database.get("ENGINE") if isinstance(database, Mapping) else None
            if isinstance(engine, str):
                yield str(alias), engine
