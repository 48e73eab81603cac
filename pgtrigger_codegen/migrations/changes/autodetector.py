"""Stage migrations: compares declared and installed triggers, which gives operations.

A set difference, with one rule on top: absence is not removal. A trigger goes only when this
app's own migrations made it and no declaration is left unread that could still be its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    RecordHash,
    ReplaceTrigger,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.changes.renames import NO_RENAMES, Renames
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import (
    Contest,
    InstalledTrigger,
    in_search_path,
)
from pgtrigger_codegen.sql.equivalence import (
    TriggerDefinition,
    TriggerKey,
    definitions,
    same_definition,
    same_function,
)
from pgtrigger_codegen.sql.lexer import comments
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.sql.render import (
    create_trigger,
    trigger_function,
    trigger_statement,
    uses_own_function,
)
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, TriggerParts


class Declarations(Struct, frozen=True):
    """The declared triggers of one app.

    Attributes:
        triggers: Those that belong in this app's migrations.
        kept: Triggers that are not this app's to remove: declared elsewhere, or foreign.
        certificate: Says whether a trigger may be declared where nothing was read.
        known_tables: Tables of the models that were read; None for any. Models that a package
            makes (history tables) have triggers that nothing here declares.
        complete: Whether all of the app's own declarations were read.
    """

    triggers: tuple[CompiledTrigger, ...]
    kept: Container[TriggerKey]
    certificate: Certificate
    complete: bool
    known_tables: frozenset[QualifiedName] | None = None

    def doubt(self, trigger: InstalledTrigger) -> Gap | None:
        """The gap that may hide the declaration of a trigger."""
        table, pgid = trigger.definition.table, trigger.definition.pgid
        return self.certificate.doubt(table, pgid, trigger.owner)


def detect_changes(
    app_label: str,
    declared: Declarations,
    installed: Mapping[TriggerKey, InstalledTrigger],
    display: Mapping[str, str],
    contests: Mapping[TriggerKey, Contest] = MappingProxyType({}),
    moved: Mapping[TriggerKey, InstalledTrigger] = MappingProxyType({}),
    *,
    renames: Renames = NO_RENAMES,
    refresh_hashes: bool = False,
) -> list[TriggerOperation]:
    """The operations that bring one app's triggers in step; removals first, then by URI.

    Args:
        display: How the output shows each path that a trigger is declared in.
        contests: Triggers that databases may have in another form than the one installed here.
        moved: What new triggers were in the migrations of another app.
        renames: Names of tables and columns that the migrations have changed.
        refresh_hashes: Whether a hash alone is worth an operation.
    """
    wanted = {trigger_key(trigger): trigger for trigger in declared.triggers}
    removals = [
        DropTrigger(installed_trigger(trigger))
        for key, trigger in installed.items()
        if trigger.owner == app_label  # which most are not, for most apps
        and key not in wanted
        and key not in declared.kept
        and may_remove(trigger, app_label, declared)
    ]
    removals += [
        DropTrigger(installed_trigger(contest.forms[0]))
        for key, contest in contests.items()
        if key not in installed
        and key not in wanted
        and key not in declared.kept
        and _is_settled_by_sql(contest)
        and may_remove(contest.forms[0], app_label, declared)
    ]
    changes: list[TriggerOperation] = []
    for key, trigger in wanted.items():
        new, there = source_trigger(trigger, display), installed.get(key)
        operation = _change(new, there)
        if there and not refresh_hashes and _is_hash_alone(operation, there):
            operation = _change_of_comments(new, there)
        if (contest := contests.get(key)) and _is_settled_by_sql(contest):
            operation = _settled(new, there, contest)
        if key in moved:
            operation = ReplaceTrigger(installed_trigger(moved[key]), new)
        if operation:
            changes.append(operation)
    return _with_renames(_by_uri(removals), _by_uri(changes), renames)


def held_by_django(
    operations: Iterable[TriggerOperation], installed: Mapping[TriggerKey, InstalledTrigger]
) -> list[InstalledTrigger]:
    """Triggers to change that are in Django's state, since `AddTrigger` made them.

    Changed by `RunSQL`, they would come back in their old form: django-pgtrigger and Django
    install what is in the state when a migration is reversed.
    """
    keys = (key_of(operation.replaced) for operation in operations if operation.replaced)
    held = (installed[key] for key in keys if key in installed)
    return [trigger for trigger in held if trigger.by == "addtrigger"]


def trigger_key(trigger: CompiledTrigger) -> TriggerKey:
    """Table and name of the trigger as the database has them."""
    return in_search_path(table_name(trigger.table)), trigger.pgid.lower()


def key_of(trigger: Trigger) -> TriggerKey:
    """Table and name that an operation's trigger has in the database."""
    return in_search_path(table_name(trigger.parts.table)), trigger.parts.pgid.lower()


def definition_of(parts: TriggerParts, hash: str) -> TriggerDefinition:
    """The trigger as the parser sees it, in the same words as the replayed state."""
    (definition,) = definitions(create_trigger(parts, hash))
    return replace(
        definition,
        table=in_search_path(definition.table),
        calls=in_search_path(definition.calls),
    )


def is_written_the_same(parts: TriggerParts, hash: str, installed: InstalledTrigger) -> bool:
    """Whether no parser is needed to see that nothing has changed."""
    if installed.exact_parts:
        return parts == installed.exact_parts
    if uses_own_function(parts) and not installed.function_sql:
        return False
    rendered = create_trigger(parts, hash)
    written = (installed.trigger_sql, installed.function_sql)
    return all(f"{text};" in rendered for text in written if text)


def operation_keys(operation: TriggerOperation) -> set[TriggerKey]:
    """The triggers that the operation replaces and makes."""
    return {key_of(operation.trigger), key_of(operation.replaced or operation.trigger)}


def may_remove(trigger: InstalledTrigger, app_label: str, declared: Declarations) -> bool:
    """Whether a trigger of the migrations, which is declared no more, is the app's to remove."""
    return (
        _is_own(trigger, app_label, declared)
        and (declared.known_tables is None or trigger.definition.table in declared.known_tables)
        and declared.doubt(trigger) is None
    )


def withheld_removals(
    app_label: str, declared: Declarations, installed: Mapping[TriggerKey, InstalledTrigger]
) -> Iterator[tuple[InstalledTrigger, Gap]]:
    """Triggers that nothing declares which was read, with the gap that may hide a declaration.

    Also on tables whose models were not read: these may be hidden along with their triggers.
    """
    wanted = {trigger_key(trigger) for trigger in declared.triggers}
    for key, trigger in installed.items():
        if (
            trigger.owner == app_label
            and key not in wanted
            and key not in declared.kept
            and _is_own(trigger, app_label, declared)
            and (gap := declared.doubt(trigger)) is not None
        ):
            yield trigger, gap


def _is_own(trigger: InstalledTrigger, app_label: str, declared: Declarations) -> bool:
    return trigger.owner == app_label and trigger.is_pgtrigger and declared.complete


def is_renamed(old: Trigger, new: Trigger, renames: Renames = NO_RENAMES) -> bool:
    """Whether only the model's name or the trigger's own has changed.

    Args:
        renames: Other names that may have changed along with it, in the function.
    """
    if table_name(old.parts.table) != table_name(new.parts.table):
        return False
    if old.name.lower() == new.name.lower():
        return True
    renamed = replace(
        old.parts,
        pgid=new.parts.pgid,
        execute=old.parts.execute.replace(old.parts.pgid, new.parts.pgid),
    )
    before, after = definition_of(renamed, new.hash), definition_of(new.parts, new.hash)
    return (
        same_definition(before, after)
        and before.calls == after.calls
        and renames.same(before.function or "", after.function or "")
    )


def source_trigger(trigger: CompiledTrigger, display: Mapping[str, str]) -> Trigger:
    """A compiled trigger as operations want it."""
    return Trigger(
        uri=trigger.uri,
        name=trigger.name,
        model_name=trigger.concrete_model.rpartition(".")[2].lower(),
        parts=trigger.parts,
        hash=trigger.hash,
        declared_in=display.get(trigger.span.path, ""),
    )


def installed_trigger(installed: InstalledTrigger) -> Trigger:
    """A trigger of the migrations as operations want it.

    Raises:
        MigrationsError: Its SQL was not written by this tool or django-pgtrigger, so that no
            reverse can be derived.
    """
    parts = installed.parts()
    if parts is None:
        app_label, name = installed.made_by
        raise MigrationsError(
            f"trigger {installed.name} has changed, but migration {app_label}.{name} creates it "
            "with SQL of its own, from which no reverse operation can be derived",
            help="write this change by hand, in a migration with RunSQL",
        )
    name = installed.uri.rpartition(":")[2] if installed.uri else _name(installed)
    return Trigger(
        uri=installed.name,
        name=name,
        model_name=installed.model_name or installed.definition.table.name,
        parts=parts,
        hash=installed.definition.hash or "",
    )


def as_installed(trigger: Trigger, made_by: Key) -> InstalledTrigger:
    """An operation's trigger as the replay would find it after a migration."""
    parts = trigger.parts
    return InstalledTrigger(
        definition=definition_of(parts, trigger.hash),
        exact_parts=parts,
        trigger_sql=trigger_statement(parts),
        function_sql=trigger_function(parts) or None,
        uri=trigger.uri,
        model_name=trigger.model_name,
        made_by=made_by,
        by="runsql",
        owner=made_by[0],
        touched_by=made_by,
    )


def _change(new: Trigger, installed: InstalledTrigger | None) -> TriggerOperation | None:
    """How to get from what is installed to the new trigger; None when it is the same."""
    if installed is None:
        return CreateTrigger(new)
    same_hash = new.hash == installed.definition.hash
    if same_hash and is_written_the_same(new.parts, new.hash, installed):
        return None
    wanted, there = definition_of(new.parts, new.hash), installed.definition
    if not same_definition(wanted, there):
        return ReplaceTrigger(installed_trigger(installed), new)
    if not same_function(wanted, there):
        # Another function to call is a matter of CREATE TRIGGER.
        operation = AlterTriggerFunction if wanted.calls == there.calls else ReplaceTrigger
        return operation(installed_trigger(installed), new)
    return None if same_hash else RecordHash(installed_trigger(installed), new)


def _is_settled_by_sql(contest: Contest) -> bool:
    """Whether all its forms are ours to write: none is Django's state's, or SQL of its own."""
    return bool(contest.forms) and all(
        form.by == "runsql" and form.parts() for form in contest.forms
    )


def _settled(
    new: Trigger, installed: InstalledTrigger | None, contest: Contest
) -> AlterTriggerFunction | ReplaceTrigger:
    """What leads to the new trigger from whichever form a database has."""
    constraints = [form for form in contest.forms if form.definition.is_constraint]
    # It cannot be replaced, so it has to be known that it may be there.
    old = constraints[0] if constraints else installed or contest.forms[0]
    wanted = definition_of(new.parts, new.hash)
    only_functions = not contest.may_be_absent and all(
        same_definition(wanted, form.definition) and wanted.calls == form.definition.calls
        for form in contest.forms
    )
    operation = AlterTriggerFunction if only_functions else ReplaceTrigger
    return operation(installed_trigger(old), new)


def _with_renames(
    removals: list[TriggerOperation], changes: list[TriggerOperation], renames: Renames
) -> list[TriggerOperation]:
    """A trigger that goes and one that comes in its place are one operation.

    So the new one is as enabled as the old one, and at no time do both fire.
    """
    changes = list(changes)
    left: list[TriggerOperation] = []
    for removal in removals:
        for index, change in enumerate(changes):
            if isinstance(change, CreateTrigger) and is_renamed(
                removal.trigger, change.new, renames
            ):
                changes[index] = ReplaceTrigger(removal.trigger, change.new)
                break
        else:
            left.append(removal)
    return [*left, *changes]


def _change_of_comments(new: Trigger, installed: InstalledTrigger) -> TriggerOperation | None:
    """Another comment is no matter of layout: somebody has written it, and wants to see it."""
    if installed.parts() is None:
        return None
    if comments(installed.function_sql or "") != comments(trigger_function(new.parts)):
        return AlterTriggerFunction(installed_trigger(installed), new)
    if comments(installed.trigger_sql) != comments(trigger_statement(new.parts)):
        return RecordHash(installed_trigger(installed), new)
    return None


def _is_hash_alone(operation: TriggerOperation | None, installed: InstalledTrigger) -> bool:
    """Whether only the layout of the SQL has changed, which another Django version may do.

    A trigger that followed its table or a column to another name is another one to
    django-pgtrigger, and has to be recorded as such.
    """
    return isinstance(operation, RecordHash) and not installed.followed


def _name(installed: InstalledTrigger) -> str:
    """The trigger's name out of `pgtrigger_<name>_<5 hex>`."""
    return installed.definition.pgid.removeprefix("pgtrigger_").rpartition("_")[0]


def _by_uri(operations: Iterable[TriggerOperation]) -> list[TriggerOperation]:
    return sorted(operations, key=lambda operation: operation.trigger.uri)
