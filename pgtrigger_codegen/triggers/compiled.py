"""A trigger as plain facts: what later stages, caches and workers exchange.

pgtrigger objects never leave the `triggers` stage: a pickled `pgtrigger.Update` is no longer
equal to `pgtrigger.Update`, so level and event tests on a copy go wrong.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import Note
from pgtrigger_codegen.source.span import Span

Origin = Literal["meta", "inherited", "register", "hook", "provider"]
UnresolvedCode = Literal[
    "PGT002",
    "PGT105",
    "PGT106",
    "PGT108",
    "PGT112",
    "PGT116",
    "PGT117",
    "PGT119",
    "PGT208",
    "PGT313",
]


class TriggerParts(Struct, frozen=True):
    """The arguments of django-pgtrigger's `UpsertTriggerSql`, as strings.

    Attributes:
        table: `model._meta.db_table` as Django has it: without outer quotes, but possibly
            with inner ones (`erc"."report` for table report in schema erc).
        constraint: `CONSTRAINT` or empty.
        timing: `DEFERRABLE INITIALLY DEFERRED` or the like, or empty.
        referencing: `REFERENCING OLD TABLE AS …`, or empty.
        condition: `WHEN (…)`, or empty.
        execute: The function call of the trigger: `pgid()` or, for instance,
            `tsvector_update_trigger(…)`.
    """

    ignore_func_name: str
    pgid: str
    declare: str
    func: str
    table: str
    constraint: str
    when: str
    operation: str
    timing: str
    referencing: str
    level: str
    condition: str
    execute: str


class JoinedLookup(Struct, frozen=True):
    """A lookup in a condition that leads to another table, which `WHEN` cannot reach.

    Attributes:
        lookup: As it is written (`new__author__name`).
        column: The column that it ends at.
        to_parent: Whether the other table is that of a parent model.
    """

    lookup: str
    column: str
    to_parent: bool


class RegisterCall(Struct, frozen=True):
    """The call of `register` that puts a trigger on a model.

    Attributes:
        span: The call, without the one that names the model: `pgtrigger.register(…)`.
        class_span: The name of the project's own model in its `class` statement; None for other
            models, and for default many-to-many through models, which have none.
        inherited_meta: How the class names the `Meta` that it inherits (`Audited.Meta`), empty
            when it has no name for it, None when it has one of its own or none at all.
        meta_is_known: Whether the `Meta` that Django reads was read.
        meta_has_triggers: Whether that one gives `triggers`, inherited ones included.
    """

    span: Span
    class_span: Span | None = None
    inherited_meta: str | None = None
    meta_is_known: bool = True
    meta_has_triggers: bool = False


class CompiledTrigger(Struct, frozen=True):
    """A trigger on one model, exactly as django-pgtrigger would install it.

    Attributes:
        uri: `app_label.ModelName:trigger_name`.
        model: `ModelName`, the object name of the declaring model (a proxy's own).
        table: The same as `parts.table`.
        concrete_model: `app_label.ModelName` of the model that owns the table.
        class_name: Dotted name of the trigger's class.
        migration_app: Label of the app in whose migrations the trigger belongs.
        columns: Columns of the table that condition and `UPDATE OF` name, sorted.
        span: The trigger's own expression (in the base, when inherited).
        joined: Lookups of the condition that lead to other tables.
        requires: App and name of migrations of libraries that create what the function calls.
        registered: The call that registers it, None when it stands in a `Meta`.
    """

    uri: str
    app_label: str
    model: str
    table: str
    concrete_model: str
    name: str
    pgid: str
    hash: str
    class_name: str
    origin: Origin
    migration_app: str
    span: Span
    parts: TriggerParts
    columns: tuple[str, ...] = ()
    joined: tuple[JoinedLookup, ...] = ()
    requires: tuple[tuple[str, str], ...] = ()
    registered: RegisterCall | None = None


class UnresolvedTrigger(Struct, frozen=True):
    """A declaration of one or more triggers that could not be compiled.

    Attributes:
        code: `PGT002` when it cannot be read statically, else the rule that says what Django,
            django-pgtrigger or PostgreSQL would refuse: `PGT105` a name, `PGT108` an app that
            is not installed, `PGT112` a value of `triggers` that is no list, `PGT116` a model of
            a library in an app of another package, `PGT117` what a library without a provider
            may declare, `PGT119` an abstract model, `PGT208` a field
            that the model does not have, `PGT313` a template of `Func` that `str.format` cannot
            fill, `PGT106` anything else.
        reason: What defeated the analysis, or what is wrong, in words.
        uri: Where known.
        model: `app_label.ModelName`, where known.
        migration_app: Label of the app in whose migrations the trigger would belong.
        span: The very expression that is at fault.
        notes: From the declaration to the expression.
    """

    code: UnresolvedCode
    reason: str
    uri: str | None
    model: str | None
    migration_app: str | None
    span: Span
    notes: tuple[Note, ...] = ()
