"""Declarations found during evaluation: registrations and receivers, with time and place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.provider_calls import ProvidedCall
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


class Registration(Struct, frozen=True):
    """One `register` that happened.

    Attributes:
        model: ModelClass, ThroughModel, ModelReference, or Unknown.
        trigger: A real trigger, or Unknown.
        module: The module whose code made the call.
        span: The call that registers.
        hook: Whether it ran inside a hook (`class_prepared`, `__init_subclass__`, `ready()`).
        provided: Whether a library registers it, for something that the module declares.
        removes: Whether it is `unregister`, which takes back what is registered so far.
    """

    model: Any
    trigger: Any
    module: Module
    span: Span
    hook: bool = False
    provided: bool = False
    removes: bool = False


class Receiver(Struct, frozen=True):
    """A function that was connected to a signal that is sent for each model.

    Attributes:
        signal: Its name.
        sender: The only model it is called for, None for all.
        moment: When it was connected: it is called for models prepared after that.
        doubt: Why it may not be called, or not as noted here.
    """

    signal: str
    function: Any
    sender: Any
    module: Module
    span: Span
    moment: Moment
    doubt: Unknown | None


class CreationSite(Struct, frozen=True):
    """Where a real object was made: the call expression."""

    value: Any
    span: Span
    class_name: str


class Findings(Struct):
    """All that was declared in one evaluation. Python's rules carry it along and never look at it.

    Attributes:
        registrations: Every `register` that was executed, in order.
        model_classes: Every class that is or may be a model, in order of execution.
        provided_calls: Every call of what libraries' providers name, in order.
        provided_triggers: Identities of the triggers that they made.
        imported_libraries: By library that registers triggers and module of the project: where
            the one is first imported in the other.
        receivers: What was connected to signals, in order of execution.
        models_ready: Whether all models are prepared, so that what runs now is `ready()`.
        metaclasses: Metaclasses of the project's, by identity of the model.
        class_keywords: What their class statements give besides, by identity of the model.
        made_by_metaclass: Models whose metaclass may register triggers, and is to be run.
    """

    registrations: list[Registration] = field(default_factory=list)
    model_classes: list[ModelClass] = field(default_factory=list)
    provided_calls: list[ProvidedCall] = field(default_factory=list)
    provided_triggers: set[int] = field(default_factory=set)
    imported_libraries: dict[tuple[str, str], Span] = field(default_factory=dict)
    receivers: list[Receiver] = field(default_factory=list)
    models_ready: bool = False
    metaclasses: dict[int, Any] = field(default_factory=dict)
    class_keywords: dict[int, dict[str, Any]] = field(default_factory=dict)
    made_by_metaclass: list[ModelClass] = field(default_factory=list)
    _origins: dict[int, CreationSite] = field(default_factory=dict)

    def note_registration(
        self,
        model: Any,
        trigger: Any,
        module: Module,
        span: Span,
        *,
        hook: bool = False,
        provided: bool = False,
        removes: bool = False,
    ) -> None:
        """Notes that something is registered; what, and where, as `Registration` has it."""
        self.registrations.append(
            Registration(model, trigger, module, span, hook, provided, removes)
        )

    def remember_origin(self, value: Any, span: Span, class_name: str) -> None:
        """Notes where an object was made; the first call to make it is the innermost."""
        self._origins[identity(value)] = CreationSite(value, span, class_name)

    def origin(self, value: Any) -> CreationSite | None:
        """Where an object was made."""
        return self._origins.get(identity(value))

    def made_at(self) -> Iterator[Span]:
        """Where objects of libraries were made, triggers among them."""
        return (origin.span for origin in self._origins.values())
