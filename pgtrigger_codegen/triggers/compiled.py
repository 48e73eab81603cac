"""A trigger as plain facts, which later stages, caches and workers exchange.

pgtrigger objects never leave the `triggers` stage: a pickled `pgtrigger.Update` is no longer
equal to `pgtrigger.Update`, so level and event tests on a copy go wrong.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import ReasonStep
from pgtrigger_codegen.source.span import Span

Origin = Literal["meta", "inherited", "register", "hook", "provider"]


class Cause(StrEnum):
    """Why a declared trigger has no SQL. The list is closed; lint has a rule for each cause."""

    UNREADABLE = "unreadable"
    """The declaration cannot be read statically."""
    UNKNOWN_BASE = "unknown-base"
    """The model has a base class, a decorator or a hook that was not read."""
    NOT_IMPORTED = "not-imported"
    """The declaration stands in a module that Django does not import as it starts."""
    BAD_NAME = "bad-name"
    """django-pgtrigger or PostgreSQL refuses the trigger's name."""
    BAD_ARGUMENTS = "bad-arguments"
    """django-pgtrigger refuses the trigger for another reason."""
    BAD_TEMPLATE = "bad-template"
    """`str.format` cannot fill the template of a `Func`."""
    UNKNOWN_FIELD = "unknown-field"
    """The model does not have a field of that name."""
    NOT_A_SEQUENCE = "not-a-sequence"
    """The value of `triggers` is no list."""
    ABSTRACT_MODEL = "abstract-model"
    """The model has no table."""
    APP_NOT_INSTALLED = "app-not-installed"
    """The model's app is not installed."""
    FOREIGN_APP = "foreign-app"
    """The trigger would belong in the migrations of another package."""
    NO_PROVIDER = "no-provider"
    """A library declares triggers, and cannot be asked which."""


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
        reason: What defeated the analysis, or what is wrong, in words.
        uri: Where known.
        model: `app_label.ModelName`, where known.
        migration_app: Label of the app in whose migrations the trigger would belong.
        span: The very expression that is at fault.
        notes: From the declaration to the expression.
    """

    cause: Cause
    reason: str
    uri: str | None
    model: str | None
    migration_app: str | None
    span: Span
    notes: tuple[ReasonStep, ...] = ()
