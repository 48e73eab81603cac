"""Stage migrations, planning: refuses changes that depend on operations which were not read.

Such an operation may have changed or dropped the trigger, or renamed its table. Whatever a later
migration writes anew is known again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.autodetector import operation_keys
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation
from pgtrigger_codegen.migrations.changes.requirements import History
from pgtrigger_codegen.migrations.reading.graph import Unreadable
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger


class UnreadChangeError(MigrationsError):
    """A change that an unread operation may have made already: whether one is missing is open."""


def require_read(operations: Iterable[TriggerOperation], history: History) -> None:
    """Refuse to change what an unread operation may have changed before.

    Raises:
        UnreadChangeError: There is one that concerns a trigger of the operations.
    """
    if not history.state.unreadable:
        return
    for operation in operations:
        for key in sorted(operation_keys(operation), key=str):
            trigger = history.state.triggers.get(key)
            for item in _since(trigger, history) if trigger else ():
                raise _refusal(operation, item)


def _since(trigger: InstalledTrigger, history: History) -> Iterator[Unreadable]:
    """What was not read of the trigger's app, or of its table's, and may have run since."""
    table = history.state.tables.get(trigger.definition.table)
    apps = {trigger.owner, table.model[0] if table else trigger.owner}
    before = history.graph.ancestors(trigger.touched_by) | {trigger.touched_by}
    for item in history.state.unreadable:
        is_read_elsewhere = item.part not in ("operations", "file")
        if item.migration[0] in apps and item.migration not in before and not is_read_elsewhere:
            yield item


def _refusal(operation: TriggerOperation, item: Unreadable) -> UnreadChangeError:
    span = item.unknown.span
    place = f" (line {span.line})" if span else ""
    return UnreadChangeError(
        f"trigger {operation.trigger.uri} has changed, but {item.part} of migration "
        f"{'.'.join(item.migration)}{place} may already have changed the trigger or its table. "
        f"That part could not be read: {item.unknown.reason}",
        help="rewrite that part so that it can be read; or check its effect, and pass "
        "--allow-unresolved to write the change as shown",
    )
