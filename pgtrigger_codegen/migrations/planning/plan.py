"""Stage migrations: the input and output of the planner, as plain facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from msgspec import Struct, field

from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.open_changes import IsCommitted, Way
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation
from pgtrigger_codegen.migrations.reading.graph import Unreadable
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import Contest, Disturbance
from pgtrigger_codegen.migrations.writing.weaving import Threads
from pgtrigger_codegen.models.facts import Models
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.project.routers import AllowMigrate
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.render import DEFAULT_STYLE, Style
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class PlanningSource(Struct, frozen=True):
    """The declared triggers, and the facts around them.

    Attributes:
        models: By label.
        foreign_triggers: Of third-party packages: kept, never written.
        certificate: What was not read, and which triggers that may hide.
        allow_migrate: Asks the project's routers; None where they cannot be asked.
    """

    project: Project
    models: Models
    triggers: tuple[CompiledTrigger, ...]
    foreign_triggers: tuple[CompiledTrigger, ...] = ()
    certificate: Certificate = field(default_factory=Certificate)
    allow_migrate: AllowMigrate | None = None


class Options(Struct, frozen=True):
    """The options of the user.

    Attributes:
        app_labels: None for all apps.
        name: What stands behind the number in the files' names.
        databases: Aliases that the user says trigger migrations are for.
        style: How the SQL is to be.
        adopt: Whether new triggers may be in databases already, and disabled there; None to
            tell by the app's history.
        refresh_hashes: Whether hashes are recorded anew where nothing else has changed.
        schema_changes: What to do about migrations that change a table under a trigger.
        is_committed: Whether a file is in version control.
        was_known: Whether a file was in version control when another one came there.
        rewrite: Whether migrations may be changed that may have run.
        has_header: Whether the first line of a new file says who has written it.
    """

    app_labels: Collection[str] | None = None
    name: str | None = None
    allow_unresolved: bool = False
    databases: tuple[str, ...] = ()
    style: Style = DEFAULT_STYLE
    adopt: bool | None = None
    refresh_hashes: bool = False
    schema_changes: Way = "auto"
    is_committed: IsCommitted = lambda path: None
    was_known: Callable[[Path, Path], bool | None] = lambda path, other: None
    rewrite: bool = False
    has_header: bool = True


class WovenOperations(Struct, frozen=True):
    """The additions to an existing migration."""

    migration: Key
    threads: Threads
    dependencies: tuple[Key, ...] = ()
    run_before: tuple[Key, ...] = ()


class MigrationFile(Struct, frozen=True):
    """A migration to write.

    Attributes:
        operations: What of it is new.
        files: The content of every file to write, the migration itself first.
        woven: What is added, where the file is there already.
    """

    path: Path
    content: str
    operations: tuple[TriggerOperation, ...]
    files: Mapping[Path, str]
    woven: WovenOperations | None = None


class Withheld(Struct, frozen=True):
    """A trigger that seems to be declared no longer, and stays because of a gap.

    Attributes:
        trigger: Its URI, or its name in the database.
    """

    trigger: str
    gap: Gap


class AppPlan(Struct, frozen=True):
    """The missing parts of one app's migrations.

    Attributes:
        operations: None of them when the app has unresolved triggers, unless allowed.
        unresolved: Whether something unread keeps the app from being written.
        is_open: Whether an unread operation may have made the changes already.
        files: None when there is nothing to write, or `error` says why not.
        notes: What the user should know of the files.
        withheld: Removals that are not written.
    """

    app_label: str
    operations: tuple[TriggerOperation, ...]
    unresolved: bool
    files: tuple[MigrationFile, ...] = ()
    error: MigrationsError | None = None
    notes: tuple[str, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    is_open: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether something is missing; a dependency may be all that is."""
        return bool(self.operations or self.files or self.error)

    @property
    def file(self) -> MigrationFile | None:
        """The last of the files."""
        return self.files[-1] if self.files else None


class Plan(Struct, frozen=True):
    """The plans of all requested apps in which something is missing.

    Attributes:
        unreadable: What of the first-party migrations could not be read.
        disturbances: Changes of tables after which no migration has written a trigger anew.
        contests: Triggers whose form depends on the order in which a database ran migrations.
        gaps: What was not read and may hide triggers of the apps asked for, so that nothing is
            said of what is missing.
    """

    apps: tuple[AppPlan, ...] = ()
    unreadable: tuple[Unreadable, ...] = field(default=())
    disturbances: tuple[Disturbance, ...] = ()
    contests: Mapping[TriggerKey, Contest] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    @property
    def pending(self) -> bool:
        return any(app.is_pending for app in self.apps)

    @property
    def unresolved(self) -> bool:
        return any(app.unresolved for app in self.apps)

    @property
    def incomplete(self) -> bool:
        """Whether something may be missing of which nothing is known."""
        return self.unresolved or bool(self.gaps) or any(app.is_open for app in self.apps)
