"""Stage migrations, planning: finds migrations that run in one order only, without saying so.

Where Django is free to choose, a new database, or one that was migrated app by app, comes to a
statement that fails. The dependency that is missing is told by the earlier migration, with
`run_before`: it is the trigger's, and so the project's own, and the other may be a package's.
https://docs.djangoproject.com/en/stable/howto/writing-migrations/#controlling-the-order-of-migrations
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.autodetector import operation_keys
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation
from pgtrigger_codegen.migrations.changes.requirements import History
from pgtrigger_codegen.migrations.planning.plan import MigrationFile
from pgtrigger_codegen.migrations.replaying.state import OrderFault


def faults_to_mend(
    app_label: str, operations: Sequence[TriggerOperation], history: History
) -> list[OrderFault]:
    """The faults of the app's migrations that keep databases from being migrated.

    Where a new database can be migrated, and nothing is to be done to the triggers of the table,
    the databases that have run two branches of an app have gone the right way.
    """
    faults = [fault for fault in history.state.faults if fault.migration[0] == app_label]
    if not faults:
        return []
    keys = {key for operation in operations for key in operation_keys(operation)}
    concerned = {
        made.migration for table, _ in keys for made in history.state.table_changes.get(table, ())
    }
    writers = {key for _, pgid in keys for key in history.state.writers.get(pgid, ())}
    return [
        fault
        for fault in faults
        if fault.in_new_database
        or fault.after in concerned
        or fault.after[0] != app_label
        or (fault.backwards and fault.after in writers)
    ]


def require_order(fault: OrderFault, *, on_branches: bool) -> None:
    """Refuse where two branches run in one order only.

    Raises:
        MigrationsError: There may be databases that have run the one branch, and cannot run the
            other any more.
    """
    if not on_branches:
        return
    first, then = (".".join(key) for key in fault.pair)
    if fault.backwards:
        fails = f"{first} cannot be taken back"
    else:
        fails = f"{then}, then {first} {_fails(fault)}"
    raise MigrationsError(
        f"migrations {first} and {then} are on two branches, and databases may have run either of "
        f"them first: {first}, then {then} works; {fails}, since {then} {fault.what}",
        help=f"where no database has run {then} without {first}, or can be migrated back to before "
        f"it, --rewrite settles the order: it adds run_before to {first}; else delete {first}, if "
        "it has run nowhere, and run makemigrations again",
    )


def order_notes(files: Iterable[MigrationFile], faults: Sequence[OrderFault]) -> Iterator[str]:
    """What the user should know of dependencies that are added."""
    for file in files:
        for after in file.woven.run_before if file.woven else ():
            for fault in faults:
                if file.woven and fault.pair == (file.woven.migration, after):
                    first, then = (".".join(key) for key in fault.pair)
                    when = (
                        "as Django does in a new database"
                        if fault.in_new_database
                        else "as a database may that is migrated app by app"
                    )
                    yield (
                        f"{first} gets run_before {then}, which {fault.what}: to run {then} first, "
                        f"{when}, or to take {first} back alone, {_fails(fault)}. Databases that "
                        f"have run both do not notice; one that has run {then} alone has to be "
                        "migrated back to before it"
                    )
                    break


def _fails(fault: OrderFault) -> str:
    return "changes the triggers of another table" if fault.strays else "fails"
