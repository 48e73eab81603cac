"""Stage migrations: the state that the migrations leave, as facts.

`replay` finds them out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct, field

from pgtrigger_codegen.migrations.reading.graph import Unreadable
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.recovery import recover_parts
from pgtrigger_codegen.migrations.schema.table_changes import TableChange
from pgtrigger_codegen.migrations.schema.tables import Table
from pgtrigger_codegen.sql.equivalence import TriggerDefinition, TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, db_table
from pgtrigger_codegen.sql.statements import TriggerState
from pgtrigger_codegen.triggers.compiled import TriggerParts

URI_HINT = "trigger"
"""The hint by which a `RunSQL` that we write names its trigger (`shop.Order:protect`)."""

_PGID = re.compile(r"pgtrigger_.+_[0-9a-f]{5}")
_HASH = re.compile(r"[0-9a-f]{40}")


class InstalledTrigger(Struct, frozen=True):
    """A trigger that the migrations leave behind.

    Attributes:
        definition: The trigger as the parser sees it.
        exact_parts: Where the history has them: in an `AddTrigger`.
        trigger_sql, function_sql: The statements that made it.
        uri: Where the history tells.
        model_name: In lower case, where the history tells.
        made_by: The migration that last created it.
        by: Whether Django's state has it too (`addtrigger`).
        followed: Whether its table or a column has got another name since its hash was recorded.
        owner: The app whose migrations bring it; another app's may have put it back after a
            change of its table.
        touched_by: The migration that last wrote anything of it, its function included.
        enabled: Whether the migrations disable it, or for which sessions it fires.
    """

    definition: TriggerDefinition
    exact_parts: TriggerParts | None
    trigger_sql: str
    function_sql: str | None
    uri: str | None
    model_name: str | None
    made_by: Key
    by: Literal["runsql", "addtrigger"]
    followed: bool = False
    owner: str = ""
    touched_by: Key = ("", "")
    enabled: TriggerState = "ENABLED"

    @property
    def key(self) -> TriggerKey:
        return self.definition.table, self.definition.pgid

    @property
    def name(self) -> str:
        """How to speak of it: its URI, or else table and name in the database."""
        return self.uri or f"{self.definition.table}:{self.definition.pgid}"

    def parts(self) -> TriggerParts | None:
        """What renders to it; None for SQL that cannot be written in our frame."""
        if self.exact_parts:
            return self.exact_parts
        table = db_table(self.definition.table)
        return recover_parts(self.definition, table, self.trigger_sql, self.function_sql)

    @property
    def is_pgtrigger(self) -> bool:
        """Whether it bears the marks of django-pgtrigger's triggers."""
        marked = _PGID.fullmatch(self.definition.pgid) and _HASH.fullmatch(
            self.definition.hash or ""
        )
        return self.by == "addtrigger" or bool(marked)


class SchemaChange(Struct, frozen=True):
    """A change of a table.

    Attributes:
        migration, index: The operation, counted among its migration's own.
    """

    change: TableChange
    migration: Key
    index: int


class Disturbance(Struct, frozen=True):
    """A trigger that an operation drops or breaks, or that makes the operation fail.

    Attributes:
        migration, index: The operation, counted among its migration's own.
        what: What it does, in words.
        trigger: As it was before.
        harmless: Whether the trigger works on, and only its hash is out of date.
        in_definition: Whether `WHEN` or `UPDATE OF` names the column that is changed.
        in_length_only: Whether another length or precision is all that its type gets.
        new_table: The name that the table gets.
        is_recreated: Whether django-pgtrigger's schema editor, where it is in use, drops the
            trigger for the change and creates it again.
    """

    migration: Key
    index: int
    what: str
    trigger: InstalledTrigger
    kind: Literal["drop-table", "rename-table", "drop-column", "retype-column", "rename-column"]
    harmless: bool = False
    in_definition: bool = False
    in_length_only: bool = False
    new_table: QualifiedName | None = None
    is_recreated: bool = False


class Contest(Struct, frozen=True):
    """Migrations that do not come after each other, and leave a trigger in different forms.

    Attributes:
        forms: Those in which they leave it, and `may_be_absent` whether one of them drops it.
    """

    migrations: tuple[Key, ...]
    forms: tuple[InstalledTrigger, ...]
    may_be_absent: bool = False

    @property
    def what(self) -> str:
        """What has come about, in words that go on after a trigger's name."""
        names = " and ".join(".".join(key) for key in self.migrations)
        return f"migrations {names} leave it in different forms, and none comes after the other"


class OrderFault(Struct, frozen=True):
    """A migration that fails when another one has run, on which it does not depend.

    Attributes:
        migration: The one that fails.
        after: The one that must not have run before it.
        what: What the latter does, in words.
        in_new_database: Whether Django runs them so in a new database.
        backwards: Whether it runs, and only cannot be taken back then.
        strays: Whether it runs, on another table than the one that it was written for.
    """

    migration: Key
    after: Key
    what: str
    in_new_database: bool = True
    backwards: bool = False
    strays: bool = False

    @property
    def pair(self) -> tuple[Key, Key]:
        """In the order in which they can run."""
        return self.migration, self.after


class MigrationState(Struct, frozen=True):
    """The state after all migrations.

    Attributes:
        functions: Functions with parameters that each app's migrations create.
        unreadable: What could not be read on the way.
        disturbances: Changes of tables after which no migration has written the trigger anew.
        noticed: All changes of tables that disturbed triggers, those that django-pgtrigger's
            operations hold among them.
        orphans: Functions of triggers that went with their table or a column.
        changes: What was done to each table, in order.
        contests: Triggers whose form depends on the order in which a database ran migrations.
        table_changes: What was done to each table that is there, under whichever name.
        faults: Migrations that run in one order only, and have no dependency that says so.
        writers: The migrations that wrote, renamed or dropped triggers of each name.
    """

    triggers: Mapping[TriggerKey, InstalledTrigger]
    tables: Mapping[QualifiedName, Table]
    functions: Mapping[str, frozenset[QualifiedName]]
    unreadable: tuple[Unreadable, ...]
    disturbances: Mapping[TriggerKey, tuple[Disturbance, ...]] = field(default_factory=dict)
    noticed: tuple[Disturbance, ...] = ()
    orphans: Mapping[QualifiedName, InstalledTrigger] = field(default_factory=dict)
    changes: Mapping[QualifiedName, Sequence[SchemaChange]] = field(default_factory=dict)
    contests: Mapping[TriggerKey, Contest] = field(default_factory=dict)
    table_changes: Mapping[QualifiedName, Sequence[SchemaChange]] = field(default_factory=dict)
    faults: tuple[OrderFault, ...] = ()
    writers: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)

    @property
    def assumed_order(self) -> list[tuple[Key, Key]]:
        """Dependencies that are missing, and without which a new database cannot be migrated."""
        return [fault.pair for fault in self.faults if fault.in_new_database]

    def is_readable(self, app_label: str) -> bool:
        """Whether all operations of the app's migrations were read."""
        return all(item.migration[0] != app_label for item in self.unreadable)


def in_search_path(name: QualifiedName) -> QualifiedName:
    """`public.order` and `order` are one table: models name no schema, and SQL may."""
    return QualifiedName(None, name.name) if name.schema == "public" else name
