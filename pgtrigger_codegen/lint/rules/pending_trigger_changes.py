"""PGT401: triggers that the migrations do not bring to where the source has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.analysis import source_of
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import operation_span, replayed_history
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.changes.autodetector import definition_of, key_of, trigger_key
from pgtrigger_codegen.migrations.changes.edits import edited_part
from pgtrigger_codegen.migrations.changes.operations import (
    DropTrigger,
    Kind,
    RecordHash,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.planning.history import ProjectHistory
from pgtrigger_codegen.migrations.planning.plan import AppPlan, Options
from pgtrigger_codegen.migrations.planning.planner import make_plan
from pgtrigger_codegen.migrations.reading.reader import is_migrations_package
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.equivalence import same_definition, same_function
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class PendingTriggerChanges(Rule):
    """## What it does
    Reports triggers that are new, changed, renamed or gone in the source while no migration says
    so: what `pgtrigger-codegen makemigrations` would write. A new or changed trigger is reported
    where it is declared, one that is gone at its model.

    Only projects in RunSQL mode are checked. In other projects django-pgtrigger's own migrations
    are on, and `manage.py makemigrations --check` does the same check. Apps without a migrations
    package are skipped, as by Django, and so are apps whose migrations cannot all be read. Nothing
    is reported while `PGTRIGGER_INSTALL_ON_MIGRATE` installs all triggers.

    ## Why is this bad?
    Nothing installs the trigger: the code is reviewed, merged and deployed, and guards nothing.
    Django's `makemigrations --check` knows of no triggers in this mode.

    ## Example
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)]
    ```

    ## Use instead
    ```sh
    pgtrigger-codegen makemigrations
    ```
    """

    code = "PGT401"
    name = "pending-trigger-changes"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        settings = context.analysis.project.settings
        if not settings.runsql_mode or settings.get("PGTRIGGER_INSTALL_ON_MIGRATE") is True:
            return
        found = replayed_history(context.analysis)
        if found is None:
            return
        labels = [
            app.label
            for app in context.analysis.project.first_party_apps
            if is_migrations_package(app.migrations_dir)
            and found.history.state.is_readable(app.label)
        ]
        for app in _plans(labels, found, context):
            yield from self._check_app(app, found, context)

    def _check_app(
        self, app: AppPlan, found: ProjectHistory, context: LintContext
    ) -> Iterator[Diagnostic]:
        grouped: dict[tuple[Span, str], list[str]] = {}
        notes: dict[Span, Note] = {}
        for change in _changes(app, found, context):
            if change.old and change.new and edited_part(change.old, change.new):
                continue  # for `edited-trigger-sql`
            if change.kind == "alter" and _is_the_same(change):
                continue  # to be made anew after a change of its table: for the rules about those
            made = _origin(change, found, context)
            place = _place(change, context) or made
            if place:
                grouped.setdefault((place, change.kind), []).append(f"`{change.uri}`")
                if made and made != place:
                    notes.setdefault(place, Note("a migration creates the trigger here", made))
        for kind in dict.fromkeys(kind for _, kind in grouped):
            places = [place for place, of_kind in grouped if of_kind == kind]
            if len(places) > _MOST_PLACES:
                names = [name for place in places for name in grouped.pop((place, kind))]
                yield self.diagnostic(
                    _MESSAGES[kind].format(app=app.app_label, triggers=_listed(names), them="them"),
                    places[0],
                    notes=[Note("and one here", place) for place in places[1:]],
                    help=_help(app),
                )
        for (place, kind), names in grouped.items():
            yield self.diagnostic(
                _MESSAGES[kind].format(
                    app=app.app_label,
                    triggers=_listed(names),
                    them="them" if len(names) > 1 else "it",
                ),
                place,
                notes=[notes[place]] if place in notes else [],
                help=_help(app),
            )


_Kind = Kind | Literal["hash", "function", "contested"]


class _Change(Struct, frozen=True):
    """What is missing for one trigger.

    Attributes:
        pgid: Its name in the database, so far.
    """

    kind: _Kind
    uri: str
    pgid: str
    old: InstalledTrigger | None
    new: CompiledTrigger | None


_MESSAGES = {
    "add": "No migration of `{app}` creates {triggers}: nothing installs {them}",
    "alter": "The migrations of `{app}` leave {triggers} in another form than declared",
    "contested": "The migrations of `{app}` leave {triggers} in different forms, depending on the "
    "order in which merged branches ran",
    "hash": "The migrations of `{app}` leave {triggers} under the hash of an earlier form",
    "rename": "The migrations of `{app}` leave {triggers} under another name",
    "function": "The migrations of `{app}` leave the function of {triggers}, but not the trigger",
    "remove": "The migrations of `{app}` leave {triggers} installed, but the source no longer "
    "declares {them}",
}


def _plans(labels: list[str], found: ProjectHistory, context: LintContext) -> Iterator[AppPlan]:
    # What is missing is asked for, not the way there.
    options = Options(labels, databases=context.analysis.config.databases, schema_changes="after")
    source = source_of(context.analysis)
    try:
        yield from make_plan(source, context.analysis.load_migration, options, found.history).apps
    except SqlSyntaxError as problem:  # of a declaration, for the rules about those
        if len(labels) > 1:
            for label in labels:
                yield from _plans([label], found, context)
        else:
            error = MigrationsError(f"the SQL of a trigger does not parse: {problem.message}")
            yield AppPlan(labels[0], (), unresolved=False, error=error)


def _changes(app: AppPlan, found: ProjectHistory, context: LintContext) -> Iterator[_Change]:
    installed = found.history.state.triggers
    declared = {
        trigger_key(trigger): trigger
        for trigger in context.analysis.triggers
        if trigger.migration_app == app.app_label
    }
    for operation in app.operations:
        new = declared.get(key_of(operation.trigger))
        old = installed.get(key_of(operation.replaced or operation.trigger))
        pgid = (operation.replaced or operation.trigger).parts.pgid
        change = _Change(_kind(operation), operation.trigger.uri, pgid, old, new)
        if old and old.key in found.history.state.contests and change.kind == "alter":
            change = replace(change, kind="contested")
        yield change
    if app.error and not app.operations:
        # SQL of one's own keeps the rest from being planned, and is pending all the same.
        for key, trigger in declared.items():
            there = installed.get(key)
            if there is None:
                yield _Change("add", trigger.uri, trigger.pgid, None, trigger)
            else:
                yield _Change("alter", trigger.uri, trigger.pgid, there, trigger)


def _is_the_same(change: _Change) -> bool:
    """Whether the migrations leave what is declared, or that cannot be told."""
    if change.old is None or change.new is None:
        return False
    try:
        wanted = definition_of(change.new.parts, change.new.hash)
    except SqlSyntaxError:
        return True
    there = change.old.definition
    return same_definition(wanted, there) and same_function(wanted, there)


def _place(change: _Change, context: LintContext) -> Span | None:
    """The declaration, or the model where that is gone or not the project's."""
    if change.new and Path(change.new.span.path) in context.analysis.read_files:
        return change.new.span
    model = context.analysis.models.get(change.uri.partition(":")[0])
    return model.span if model and model.first_party else None


def _kind(operation: TriggerOperation) -> _Kind:
    match operation:
        case RecordHash():
            return "hash"
        case DropTrigger(function_only=True):
            return "function"
        case _:
            return operation.kind


def _origin(change: _Change, found: ProjectHistory, context: LintContext) -> Span | None:
    """The operation that made what is there."""
    origin = found.operations.origins.get(change.pgid.lower())
    if origin is None or change.kind == "add":
        return None
    return operation_span(context.analysis, *origin.definition)


def _listed(names: list[str]) -> str:
    """An abstract base's trigger may stand for hundreds."""
    if len(names) > _SHOWN + 1:
        names = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    *first, last = names
    return f"triggers {', '.join(first)} and {last}" if first else f"trigger {last}"


_SHOWN = 3
_MOST_PLACES = 3
"""An app with more declarations of which the migrations know nothing gets one finding for all."""


def _help(app: AppPlan) -> str:
    command = f"`pgtrigger-codegen makemigrations {app.app_label}`"
    if app.error:
        more = f": {app.error.help}" if app.error.help else ""
        return f"{command} cannot write the migration: {app.error.args[0]}{more}"
    return f"Run {command}"
