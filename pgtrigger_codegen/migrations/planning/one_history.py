"""Stage migrations: where the history of a project is, for whoever may ask for it.

Commands that do not ask do not import what replays migrations either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgtrigger_codegen.errors import MigrationsError

if TYPE_CHECKING:
    from pgtrigger_codegen.migrations.planning.history import ProjectHistory, Replay
    from pgtrigger_codegen.migrations.planning.plan import PlanningSource
    from pgtrigger_codegen.migrations.reading.reader import LoadMigration


class OneHistory:
    """The history of a project: replayed when somebody first asks for it, and once.

    Args:
        replay: How the migrations are replayed; here and now when None.
    """

    def __init__(self, replay: Replay | None = None) -> None:
        self._replay = replay
        self._found: ProjectHistory | MigrationsError | None = None

    def of(self, source: PlanningSource, load_migration: LoadMigration) -> ProjectHistory:
        """The history of the project's own apps, and of those whose tables its triggers need.

        Raises:
            MigrationsError: The migrations go in a circle.
        """
        if self._found is None:
            from pgtrigger_codegen.migrations.planning.history import project_history, replay_apps

            try:
                self._found = project_history(source, load_migration, self._replay or replay_apps)
            except MigrationsError as error:
                self._found = error
        if isinstance(self._found, MigrationsError):
            raise self._found
        return self._found
