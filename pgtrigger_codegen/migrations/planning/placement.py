"""Stage migrations: the databases in which an app's trigger migrations run, and those with its
tables.

`RunSQL` runs wherever the project's routers let its app, whatever the engine: they are asked about
the migration's app, while a table's place is that of its model's app. Where the two differ, a
migration fails or a trigger is missing, so the routers are asked before anything is written.

https://docs.djangoproject.com/en/stable/topics/db/multi-db/#hints
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.replaying.state import URI_HINT
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.project.project import Settings
from pgtrigger_codegen.project.routers import AllowMigrate, RouterAnswer

# Engines go by many names; these say that it is not PostgreSQL.
_OTHER_DATABASES = ("sqlite", "spatialite", "mysql", "mariadb", "oracle", "mssql", "sql_server")


class Placement(Struct, frozen=True):
    """The project's databases, with the apps that its routers let into each.

    Attributes:
        configured: Aliases that the user says trigger migrations are for; none for all.
        allow_migrate: None where the routers cannot be asked.
    """

    settings: Settings
    configured: Sequence[str] = ()
    allow_migrate: AllowMigrate | None = None

    def require_postgresql(self, app_label: str, triggers: Mapping[str, ModelKey]) -> None:
        """Refuse where the app's migrations would run on a database that is not PostgreSQL.

        Args:
            triggers: The models of the tables by the triggers' URIs.

        Raises:
            MigrationsError: They would, or it cannot be told.
        """
        for alias, engine in self._databases():
            for uri, model in sorted(triggers.items()):
                if _is_other(engine):
                    runs = self._ask(alias, app_label, model[1], uri)
                    if isinstance(runs, Unknown) or runs.allowed:
                        raise _other_engine(alias, engine)

    def require_same_place(self, app_label: str, triggers: Mapping[str, ModelKey]) -> None:
        """Refuse where the app's migrations would run elsewhere than the tables are.

        Raises:
            MigrationsError: They would, or it cannot be told.
        """
        for alias, engine in self._databases():
            for uri, model in sorted(triggers.items()):
                if not _is_other(engine):
                    self._require_same_place(alias, app_label, uri, model)

    def is_reached_by_model(self, app_label: str, model_name: str) -> bool:
        """Whether operations on a model run where those that are about none do not."""
        return any(
            self._is_let_in(alias, app_label, model_name)
            and not self._is_let_in(alias, app_label, None)
            for alias, engine in self._databases()
            if not _is_other(engine)
        )

    def _require_same_place(self, alias: str, app_label: str, uri: str, model: ModelKey) -> None:
        runs = self._ask(alias, app_label, model[1], uri)
        if isinstance(runs, Unknown):
            plain = self._ask(alias, app_label, model[1])
            if not isinstance(plain, Unknown):
                raise _no_hints(plain, runs)
        if model[0] == app_label:
            return
        there = self._ask(alias, *model)
        if isinstance(runs, Unknown) or isinstance(there, Unknown):
            if not self.configured:
                raise _unknown(uri, app_label, model)
        elif runs.allowed != there.allowed:
            raise _elsewhere(alias, uri, app_label, model, runs, there)

    def _ask(
        self, alias: str, app_label: str, model_name: str | None, uri: str | None = None
    ) -> RouterAnswer | Unknown:
        if self.settings.get("DATABASE_ROUTERS", ()) in ((), []):
            return RouterAnswer(allowed=True)
        if self.allow_migrate is None:
            return Unknown("the routers are not asked")
        hints = {URI_HINT: uri} if uri else {}
        return self.allow_migrate(alias, app_label, model_name, **hints)

    def _is_let_in(self, alias: str, app_label: str, model_name: str | None) -> bool:
        answer = self._ask(alias, app_label, model_name)
        return isinstance(answer, Unknown) or answer.allowed

    def _databases(self) -> Iterator[tuple[str, str]]:
        """Aliases and engines, as far as they are known and asked for."""
        databases = self.settings.get("DATABASES", {})
        if isinstance(databases, Mapping):
            # Code that is not evaluated may have added others, which no alias stands for.
            databases = {alias: one for alias, one in databases.items() if isinstance(alias, str)}
        if not isinstance(databases, Mapping) or not databases:
            databases = {alias: {} for alias in self.configured or ("default",)}
        for alias in self.configured:
            if alias not in databases:
                raise MigrationsError(
                    f"`databases` under [tool.pgtrigger-codegen] names {alias!r}, and DATABASES "
                    f"has {', '.join(map(str, databases))}",
                    help="name the aliases of the databases that have the triggers",
                )
        for alias, database in databases.items():
            if not self.configured or alias in self.configured:
                engine = database.get("ENGINE") if isinstance(database, Mapping) else None
                yield alias, engine if isinstance(engine, str) else ""


def _is_other(engine: str) -> bool:
    return any(name in engine.lower() for name in _OTHER_DATABASES)


_CONFIGURE = 'databases = ["default"] under [tool.pgtrigger-codegen]'


def _other_engine(alias: str, engine: str) -> MigrationsError:
    return MigrationsError(
        f"database {alias!r} is not PostgreSQL (ENGINE is {engine!r}), "
        "and RunSQL would run there too",
        help=f"keep the app out of it by a router, or name the databases that have the triggers: "
        f"{_CONFIGURE}",
    )


def _no_hints(plain: RouterAnswer, asked: Unknown) -> MigrationsError:
    return MigrationsError(
        f"router {plain.router} does not take the hint `{URI_HINT}` that RunSQL operations bring: "
        f"{asked.reason}",
        help="let it take any hints, as Django's documentation has it: "
        "def allow_migrate(self, db, app_label, model_name=None, **hints)",
    )


def _unknown(uri: str, app_label: str, model: ModelKey) -> MigrationsError:
    return MigrationsError(
        f"trigger {uri} is on a table of app {model[0]!r} and would be written into "
        f"app {app_label!r}; DATABASE_ROUTERS may send the two to different databases",
        help=f"if they share one, say so: {_CONFIGURE}",
    )


def _elsewhere(
    alias: str,
    uri: str,
    app_label: str,
    model: ModelKey,
    runs: RouterAnswer,
    there: RouterAnswer,
) -> MigrationsError:
    name = ".".join(model)
    if runs.allowed:
        what = f"let migrations of app {app_label!r} into it, and keep {name} out"
        effect = "the trigger's migration would run where its table is not"
    else:
        what = f"let {name} into it, and keep migrations of app {app_label!r} out"
        effect = "the trigger would not be installed there"
    routers = " and ".join(
        dict.fromkeys(answer.router for answer in (runs, there) if answer.router)
    )
    return MigrationsError(
        f"trigger {uri} is on a table of app {model[0]!r} and would be written into app "
        f"{app_label!r}, and for database {alias!r} the routers ({routers}) {what}: {effect}",
        help=f"declare the trigger in app {model[0]!r}; or let the router decide by the hints that "
        "the operation brings, model_name and trigger",
    )
