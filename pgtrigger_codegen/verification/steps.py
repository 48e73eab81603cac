"""An operation of a migration, with Django's states around it, and how it is performed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from msgspec import Struct

from pgtrigger_codegen.evaluator.django.unread_operation import UnreadOperation
from pgtrigger_codegen.migrations.reading.own_operations import DjangoEffects
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.verification.extent import Extent, extent


class Step(Struct, frozen=True):
    """An operation, and where it stands.

    Attributes:
        key: Of the migration.
        index: The operation's number in its migration, from 0.
        effects: Which of its effects are those of Django's class.
    """

    key: Key
    index: int
    operation: Operation
    effects: DjangoEffects
    before: ProjectState
    after: ProjectState

    @property
    def where(self) -> str:
        return where_of(self.key, self.index, self.operation)

    @property
    def extent(self) -> Extent:
        return extent(self.operation, self.key[0], self.before, self.after)

    def forwards(self, editor: Any) -> None:
        """Perform it."""
        app_label = self.key[0]
        if not _runs_trigger_sql(self.operation, app_label, editor, self.before, self.after):
            self.operation.database_forwards(app_label, editor, self.before, self.after)

    def backwards(self, editor: Any) -> None:
        """Take it back."""
        app_label = self.key[0]
        if not _runs_trigger_sql(self.operation, app_label, editor, self.after, self.before):
            self.operation.database_backwards(app_label, editor, self.after, self.before)


def where_of(key: Key, index: int, operation: object) -> str:
    """The place of an operation, in words."""
    kind = operation.kind if isinstance(operation, UnreadOperation) else type(operation).__name__
    named = f" ({kind})" if isinstance(operation, Operation) else ""
    return f"{'.'.join(key)}, operation {index + 1}{named}"


def _runs_trigger_sql(
    operation: Operation, app_label: str, editor: Any, before: ProjectState, after: ProjectState
) -> bool:
    """Runs the SQL of django-pgtrigger's operation, if it is one; itself it asks for settings.

    Args:
        before, after: In the direction that is gone.
    """
    if type(operation).__module__ != "pgtrigger.migrations":
        return False
    model_name = str(getattr(operation, "model_name", "")).lower()
    was, now = (_triggers(state, (app_label, model_name)) for state in (before, after))
    for name in was.keys() - now.keys():
        editor.execute(was[name].uninstall_sql, params=None)
    for name in now.keys() - was.keys():
        editor.execute(now[name].install_sql, params=None)
    return True


def _triggers(state: ProjectState, model: tuple[str, str]) -> Mapping[str, Any]:
    """The triggers that a model has in Django's state, by their names."""
    found = state.models.get(model)
    return {one.name: one for one in found.options.get("triggers", ())} if found else {}
