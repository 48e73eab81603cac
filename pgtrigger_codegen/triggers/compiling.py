"""Stage triggers: declarations to the triggers that django-pgtrigger would install.

django-pgtrigger itself compiles them, on rendered models; what it raises becomes a fact.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import pgtrigger
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models import Model
from msgspec import Struct

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.crashes import Crash, contain
from pgtrigger_codegen.evaluator.django.stand_in import StandInField
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.own_kinds import type_name
from pgtrigger_codegen.evaluator.values.spoiled import Spoiled
from pgtrigger_codegen.evaluator.values.unknown import Invalid, ReasonStep, Unknown
from pgtrigger_codegen.models.libraries import LandsElsewhere
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.models.registry import NotInstalled
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import (
    Cause,
    CompiledTrigger,
    TriggerParts,
    UnresolvedTrigger,
)
from pgtrigger_codegen.triggers.conditions import replaced_lookup
from pgtrigger_codegen.triggers.declaration import Declaration, NoTable, NotASequence
from pgtrigger_codegen.triggers.joins import joined_lookups
from pgtrigger_codegen.triggers.registering import register_call

# Functions of django-pgtrigger whose errors are about a trigger's name.
_NAME_CHECKS = frozenset({"validate_name", "get_pgid"})


class _Place(Struct, frozen=True):
    """What is known of a declaration before it compiles."""

    model: str | None
    migration_app: str | None
    span: Span
    notes: tuple[ReasonStep, ...]


class TriggerCompiler:
    """Compiles declarations of one project."""

    def __init__(self, reader: ModelReader) -> None:
        self._reader = reader
        self._interpreter = reader.interpreter

    @confined()
    def compile(self, declaration: Declaration) -> CompiledTrigger | UnresolvedTrigger:
        """The trigger as facts, or why it cannot be compiled."""
        place = self._place(declaration)
        outcome = contain(
            "the compilation of a trigger", lambda: self._compile_declaration(declaration, place)
        )
        if isinstance(outcome, Crash):
            return _refused(Unknown(outcome.reason, place.span), place)
        return outcome

    def _compile_declaration(
        self, declaration: Declaration, place: _Place
    ) -> CompiledTrigger | UnresolvedTrigger:
        for value in (declaration.trigger, declaration.model):
            if isinstance(value, Unknown):
                return _refused(value, place)
        trigger, model = declaration.trigger, declaration.model
        assert isinstance(model, ModelClass | ThroughModel)
        if not isinstance(trigger, pgtrigger.Trigger):
            reason = f"a `{type_name(trigger)}` in `triggers` is not a trigger"
            return _unusable(Cause.BAD_ARGUMENTS, reason, None, place)
        spoiled = self._interpreter.spoiled
        if (unknown := spoiled.within(trigger) or _of_through(spoiled, model)) is not None:
            return _refused(unknown, place, uri=_uri(place.model, trigger))
        rendered = self._reader.renderer.render(model)
        if isinstance(rendered, Unknown):
            return _refused(rendered, place, uri=_uri(place.model, trigger))
        if (unknown := replaced_lookup(spoiled.lookups, trigger, rendered)) is not None:
            return _refused(unknown, place, uri=_uri(place.model, trigger))
        compiled = self._interpreter.guarded(
            lambda: self._interpreter.attempt(place.span, self._compile, trigger, rendered),
            place.span,
        )
        if isinstance(compiled, Unknown):
            return _refused(_excused(compiled, rendered), place, uri=_uri(place.model, trigger))
        assert isinstance(compiled, pgtrigger.compiler.Trigger)
        pgid: object = compiled.sql.pgid  # a method that users override
        if not isinstance(pgid, str):
            reason = f"`get_pgid` returns a `{type_name(pgid)}`, and a name is text"
            return _unusable(Cause.BAD_ARGUMENTS, reason, trigger, place)
        if (no_text := _without_text(compiled.install_sql)) is not None:
            return _refused(Unknown(no_text, place.span), place, uri=_uri(place.model, trigger))
        if "-" in pgid:
            reason = (
                f'trigger name "{trigger.name}" has a hyphen: django-pgtrigger accepts it, '
                "PostgreSQL refuses it as a syntax error"
            )
            return _unusable(Cause.BAD_NAME, reason, trigger, place)
        return self._facts(declaration, trigger, rendered, compiled, place)

    def _compile(self, trigger: Any, model: type[Model]) -> Any:
        with warnings.catch_warnings():
            # The project's own process warns of naive datetimes and the like at the right time.
            warnings.simplefilter("ignore")
            return trigger.compile(model)

    def _facts(
        self,
        declaration: Declaration,
        trigger: Any,
        model: type[Model],
        compiled: Any,
        place: _Place,
    ) -> CompiledTrigger | UnresolvedTrigger:
        sql = compiled.sql
        parts = TriggerParts(
            **{name: sql.kwargs.get(name, sql.defaults.get(name, "")) for name in _PART_NAMES}
        )
        concrete = model._meta.concrete_model
        assert concrete is not None
        origin = self._interpreter.findings.origin(trigger)
        cls = type(trigger)
        return CompiledTrigger(
            uri=trigger.get_uri(model),
            app_label=model._meta.app_label,
            model=model._meta.object_name or "",
            table=model._meta.db_table,
            concrete_model=concrete._meta.label,
            name=trigger.name,
            pgid=sql.pgid,
            hash=compiled.hash,
            class_name=origin.class_name if origin else f"{cls.__module__}.{cls.__qualname__}",
            origin=declaration.origin,
            migration_app=place.migration_app or model._meta.app_label,
            span=place.span,
            parts=parts,
            columns=_columns_named(parts),
            joined=tuple(joined_lookups(trigger.condition, model)),
            requires=self._reader.libraries.requirements(compiled.install_sql),
            registered=register_call(declaration),
        )

    def _place(self, declaration: Declaration) -> _Place:
        model = declaration.model
        label = None
        if isinstance(model, ModelClass | ThroughModel):
            found = self._reader.registry.label(model)
            label = found if isinstance(found, str) else None
        origin = self._interpreter.findings.origin(declaration.trigger)
        span = origin.span if origin is not None else declaration.span
        notes = () if span == declaration.span else (ReasonStep("declared here", declaration.span),)
        return _Place(label, self._migration_app(declaration), span, notes)

    def _migration_app(self, declaration: Declaration) -> str | None:
        """The app that declares: of the model for `Meta`, of the calling module for a call."""
        model = declaration.model
        if declaration.origin in ("meta", "inherited") and isinstance(model, ModelClass):
            app = self._reader.registry.app_of(model)
            return None if isinstance(app, Unknown) else app.label
        if declaration.origin == "provider" and isinstance(model, ModelClass):
            app = self._reader.registry.app_of(model)
            if not isinstance(app, Unknown) and app.first_party:
                return app.label
        own = self._reader.registry.app_of_module(declaration.module.name)
        if own is not None and own.first_party:
            return own.label
        # Registered from outside every app (`config/triggers.py`): the model's own app.
        if isinstance(model, ThroughModel):
            model = model.owner
        if isinstance(model, ModelClass):
            app = self._reader.registry.app_of(model)
            if not isinstance(app, Unknown) and app.first_party:
                return app.label
        return None


_PART_NAMES = TriggerParts.__struct_fields__


def _refused(unknown: Unknown, place: _Place, uri: str | None = None) -> UnresolvedTrigger:
    cause: Cause = Cause.UNREADABLE
    reason = unknown.reason
    if isinstance(unknown, NotASequence):
        cause = Cause.NOT_A_SEQUENCE
    elif isinstance(unknown, NoTable):
        cause = Cause.ABSTRACT_MODEL
    elif isinstance(unknown, NotInstalled):
        cause = Cause.APP_NOT_INSTALLED
    elif isinstance(unknown, LandsElsewhere):
        cause = Cause.FOREIGN_APP
    elif isinstance(unknown, Invalid):
        if _NAME_CHECKS & set(unknown.raised_in):
            cause = Cause.BAD_NAME
        elif isinstance(unknown.error, FieldDoesNotExist | FieldError):
            cause = Cause.UNKNOWN_FIELD
        elif _is_about_template(unknown):
            cause = Cause.BAD_TEMPLATE
        elif any(name in unknown.raised_in for name in ("__init__", "compile")) or unknown.error:
            cause = Cause.BAD_ARGUMENTS
        reason = re.sub(r"^raises \w+: ", "", reason) if cause is not Cause.UNREADABLE else reason
    return UnresolvedTrigger(
        cause,
        reason,
        uri,
        place.model,
        place.migration_app,
        unknown.span or place.span,
        (*unknown.notes, *place.notes),
    )


def _unusable(cause: Cause, reason: str, trigger: Any, place: _Place) -> UnresolvedTrigger:
    """A declaration that was read, and that makes no trigger."""
    return UnresolvedTrigger(
        cause,
        reason,
        _uri(place.model, trigger),
        place.model,
        place.migration_app,
        place.span,
        place.notes,
    )


def _is_about_template(unknown: Invalid) -> bool:
    """Whether `Func.render` broke on a brace (in `columns.x` it is the field that is wrong)."""
    names = set(unknown.raised_in)
    about_braces = isinstance(unknown.error, KeyError | IndexError | ValueError)
    return about_braces and "render" in names and "__getattr__" not in names


def _of_through(spoiled: Spoiled, model: ModelClass | ThroughModel) -> Unknown | None:
    """Why the table of a default through model is not known: code changed its options."""
    return spoiled.of(model) if isinstance(model, ThroughModel) else None


def _without_text(sql: str) -> str | None:
    """The last line of defence: SQL with the representation of an object is never right."""
    if "Unknown(reason=" in sql or _REPRESENTATION.search(sql):
        return "its SQL would hold the representation of an object"
    return None


_REPRESENTATION = re.compile(
    r"<[\w.]+ object at 0x[0-9a-f]+>|<class '[\w.<>]+'>|<(bound method|function|built-in) [^>]+>"
)


def _excused(unknown: Unknown, model: type[Model]) -> Unknown:
    """An error of the compiler is only the user's when all of the model is known."""
    if not isinstance(unknown, Invalid) or not _is_about_fields(unknown.error):
        return unknown
    options = model._meta
    # Not `get_fields()`: other models' relations to this one are asked of all of them, read or not.
    for field in (*options.fields, *options.many_to_many, *options.private_fields):
        if isinstance(field, StandInField):
            return field.unknown
        related = getattr(getattr(field, "remote_field", None), "model", None)
        if isinstance(related, str) and related != "self":
            return Unknown(
                f"model `{related}`, which a field refers to, was not found", unknown.span
            )
    return unknown


def _is_about_fields(error: BaseException | None) -> bool:
    """Whether an error may come from a field or model that could not be read."""
    if isinstance(error, FieldError | FieldDoesNotExist | AttributeError | KeyError):
        return True
    return isinstance(error, ValueError) and "Related model" in str(error)


def _uri(model: str | None, trigger: Any) -> str | None:
    name = getattr(trigger, "name", None)
    return f"{model}:{name}" if model and isinstance(name, str) else None


def _columns_named(parts: TriggerParts) -> tuple[str, ...]:
    """Columns after OLD and NEW in the condition, and those of `UPDATE OF`, as quoted."""
    columns = set(re.findall(r'(?:OLD|NEW)\."((?:[^"]|"")+)"', parts.condition))
    for clause in re.findall(r"UPDATE OF (.*?)(?: OR |$)", parts.operation):
        columns.update(re.findall(r'"((?:[^"]|"")+)"', clause))
    return tuple(sorted(columns))
