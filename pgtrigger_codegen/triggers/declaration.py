"""Stage triggers: the declared triggers with their models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.findings import Registration
from pgtrigger_codegen.evaluator.values.models import ModelClass, ModelReference, ThroughModel
from pgtrigger_codegen.evaluator.values.own_kinds import type_name
from pgtrigger_codegen.evaluator.values.unknown import ReasonStep, Unknown, first_unknown
from pgtrigger_codegen.models import meta, registry
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import Origin


class NotASequence(Unknown, frozen=True):
    """In place of triggers: something that cannot be gone through for triggers."""


class NoTable(Unknown, frozen=True):
    """In place of a model: an abstract one that triggers are registered on."""


class Declaration(Struct, frozen=True):
    """One trigger on one model, or something unknown in its place.

    Attributes:
        model: The model, or `Unknown`.
        trigger: A real trigger, or `Unknown`.
        module: The module whose app the trigger is migrated in.
        span: Where the declaration stands, for what has no better place.
    """

    model: ModelClass | ThroughModel | Unknown
    trigger: Any
    origin: Origin
    module: Module
    span: Span


def declarations(reader: ModelReader) -> Iterator[Declaration]:
    """Every declaration of the project's own code, `Meta` first, in order of execution."""
    yield from _declarations(reader, first_party=True)


def foreign_declarations(reader: ModelReader) -> Iterator[Declaration]:
    """Declarations of third-party packages."""
    yield from _declarations(reader, first_party=False)


def _declarations(reader: ModelReader, *, first_party: bool) -> Iterator[Declaration]:
    known = set[tuple[int, int]]()
    for declaration in _all_declarations(reader, first_party=first_party):
        # The very same trigger, registered once more, is ignored by django-pgtrigger's registry.
        key = (identity(declaration.model), identity(declaration.trigger))
        if key not in known:
            yield declaration
        if not isinstance(declaration.trigger, Unknown):
            known.add(key)


def _all_declarations(reader: ModelReader, *, first_party: bool) -> Iterator[Declaration]:
    interpreter = reader.interpreter
    taken_back = _taken_back(interpreter)
    for model in list(reader.registry.classes):
        if model.module.first_party == first_party:
            for declaration in _of_meta(model, interpreter):
                if not _is_gone(declaration, taken_back):
                    yield declaration
    for place, registration in enumerate(interpreter.findings.registrations):
        if registration.module.first_party == first_party and not registration.removes:
            declaration = _of_registration(interpreter, registration)
            if not _is_gone(declaration, taken_back, place):
                yield declaration


def _taken_back(interpreter: Interpreter) -> list[tuple[int, Declaration]]:
    """What `unregister` was called for, and when."""
    return [
        (place, _of_registration(interpreter, registration))
        for place, registration in enumerate(interpreter.findings.registrations)
        if registration.removes
    ]


def _is_gone(
    declaration: Declaration, taken_back: Iterable[tuple[int, Declaration]], place: int = -1
) -> bool:
    """Whether a later `unregister` takes the trigger back: that of its model and name."""
    name = getattr(declaration.trigger, "name", None)
    return any(
        when > place
        and name is not None
        and declaration.model == removed.model
        and getattr(removed.trigger, "name", None) == name
        for when, removed in taken_back
    )


def declared_triggers(model: ModelClass) -> Any:
    """The value of `triggers` in the model's effective `Meta`.

    Returns:
        A list of triggers and `Unknown` items, an `Unknown`, or `MISSING`.
    """
    value = meta.option(model, "triggers")
    return list(value) if isinstance(value, tuple) else value


def _of_meta(model: ModelClass, interpreter: Interpreter) -> Iterator[Declaration]:
    abstract = meta.is_abstract(model)
    if abstract is True or not registry.is_model(model):
        return
    value = declared_triggers(model)
    if value is meta.MISSING:
        return
    span = _triggers_span(model)
    is_of_base = meta.own_meta(model) is None and registry.unknown_base(model) is not None
    if isinstance(value, Unknown) and is_of_base:
        # Its `Meta` is that of a base that is not known. Most such bases have no triggers:
        # no trigger is reported, but the model counts as not fully read.
        return
    origin: Origin = "inherited" if _is_inherited(model) else "meta"
    if isinstance(abstract, Unknown):
        value = abstract
    value = model.uncertain or value
    if isinstance(value, Unknown):
        yield Declaration(model, value, origin, model.module, value.span or span)
    elif isinstance(value, list):
        for item in value:
            provided = identity(item) in interpreter.findings.provided_triggers
            given: Origin = "provider" if provided else origin
            yield Declaration(model, item, given, model.module, span)
    else:
        reason = f"`triggers` is a `{type_name(value)}`, not a list of triggers"
        refused = isinstance(value, str | dict) or not isinstance(value, Iterable)
        unknown = (NotASequence if refused else Unknown)(reason, span)
        yield Declaration(model, unknown, origin, model.module, span)


def _of_registration(interpreter: Interpreter, registration: Registration) -> Declaration:
    model = registration.model
    if isinstance(model, ModelReference):
        model = interpreter.host.model_class(model.label, model.span)
    if not isinstance(model, ModelClass | ThroughModel | Unknown):
        model = Unknown("what is registered is not a model", registration.span)
    # A tracker of a provider's says itself what it does with one.
    if isinstance(model, ModelClass) and not registration.provided:
        abstract = meta.is_abstract(model)
        if abstract is True:
            reason = f"`{model.name}` is abstract and has no table"
            return Declaration(
                NoTable(reason, registration.span, (ReasonStep("declared here", model.span),)),
                registration.trigger,
                "hook" if registration.hook else "register",
                registration.module,
                registration.span,
            )
    if isinstance(model, Unknown):
        notes = (*model.notes, ReasonStep("registered here", registration.span))
        model = Unknown(model.reason, model.span or registration.span, notes)
    trigger = registration.trigger
    if isinstance(model, ModelClass) and model.uncertain is not None:
        trigger = model.uncertain
    if (unknown := first_unknown(trigger)) is not None:
        trigger = unknown
    origin: Origin = "hook" if registration.hook else "register"
    if registration.provided:
        origin = "provider"
    return Declaration(model, trigger, origin, registration.module, registration.span)


def _is_inherited(model: ModelClass) -> bool:
    own = meta.own_meta(model)
    return own is None or "triggers" not in meta.own_options(own)


def _triggers_span(model: ModelClass) -> Span:
    import ast

    for cls in [model, *model.mro()]:
        if not isinstance(cls, ModelClass):
            continue
        for node in cls.node.body:
            if isinstance(node, ast.ClassDef) and node.name == "Meta":
                for statement in walk(node):
                    targets = (
                        statement.targets
                        if isinstance(statement, ast.Assign)
                        else [getattr(statement, "target", None)]
                    )
                    for target in targets:
                        if isinstance(target, ast.Name) and target.id == "triggers":
                            return cls.module.span(target)
    return model.span
