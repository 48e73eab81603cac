"""Asks providers for the models and triggers of the project's calls.

Calls were noted while the modules were executed. Here, with all models known, each is handed to
its provider in the order in which Python would have made it: a library may change an object that
two declarations share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from django.db import models
from msgspec import Struct

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.django.provider_calls import empty_model, give_meta
from pgtrigger_codegen.evaluator.values.classes import set_name
from pgtrigger_codegen.evaluator.values.models import ModelClass, ModelReference, ThroughModel
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.provider_calls import ProvidedCall, ProvidedCallable
from pgtrigger_codegen.evaluator.values.unknown import Invalid, Unknown, first_unknown
from pgtrigger_codegen.models import meta
from pgtrigger_codegen.models.django_setup import hand_over
from pgtrigger_codegen.models.facts import ProvidedModel
from pgtrigger_codegen.models.libraries import LandsElsewhere, ReadProject
from pgtrigger_codegen.providers.conversion import Prepared, ProvidedValues
from pgtrigger_codegen.providers.interface import Call, Misplaced, NewModel, NewTrigger, Provider
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


class Providers(Protocol):
    """The providers of the packages whose names were looked up."""

    def provider(self, package: str) -> Provider | None:
        """The provider of a package."""

    def loaded(self) -> Iterable[tuple[str, Provider]]:
        """All of them, by package."""


class _Declared(Struct, frozen=True):
    """A concrete model that a provider has a say in, and what declares it."""

    model: ModelClass
    package: str
    span: Span
    hook: bool = False


class ProvidedModels:
    """Asks the providers, for one project.

    Attributes:
        made: Models that were made by calls, as facts.
    """

    def __init__(self, read: ReadProject, providers: Providers) -> None:
        self._project = read.project
        self._registry = read.registry
        self._settings = read.settings
        self._vm = read.interpreter
        self._providers = providers
        self._values = ProvidedValues(read)
        self._taken_calls = 0
        self._taken_classes = 0
        self._packages: dict[int, tuple[str, Span]] = {}
        self._applied: set[tuple[ProvidedCallable, Span, str, str]] = set()
        self.made: list[ProvidedModel] = []

    def resolve(self, when: Callable[[Moment | None], Any]) -> None:
        """Turns what was declared since the last time into models and registrations."""
        noted = self._vm.findings.provided_calls[self._taken_calls :]
        self._taken_calls += len(noted)
        calls = [call for call in noted if not self._is_repeated(call)]
        for call in calls:
            if call.base is not None:
                self._packages[identity(call.base)] = (call.callable.package, call.span)
        steps: list[tuple[Any, ProvidedCall | _Declared]] = [
            (when(call.moment), call) for call in calls
        ]
        steps += [(when(found.model.moment), found) for found in self._derived()]
        for _, step in sorted(steps, key=lambda step: step[0]):
            if isinstance(step, ProvidedCall):
                self._declare(step)
            else:
                self._prepare(step)
        if calls:
            self._registry.relabel()
        if steps:  # rendering may have read further modules
            self.resolve(when)

    def _is_repeated(self, call: ProvidedCall) -> bool:
        """Whether a decorator was noted before: a class may be executed early, and then again."""
        if not isinstance(call.model, ModelClass):
            return False
        key = (call.callable, call.span, call.model.module.name, call.model.qualname)
        repeated = key in self._applied
        self._applied.add(key)
        return repeated

    def _derived(self) -> list[_Declared]:
        """Models that were executed and derive from a base that is a provider's."""
        classes = self._registry.classes[self._taken_classes :]
        self._taken_classes += len(classes)
        named = {
            name: package
            for package, provider in self._providers.loaded()
            for name in provider.base_classes
        }
        if not self._packages and not any(
            name.rpartition(".")[0] in self._vm.scopes for name in named
        ):
            return []
        found = (self._declared(model, named) for model in classes)
        return [declared for declared in found if declared is not None]

    def _declared(self, model: ModelClass, named: Mapping[str, str]) -> _Declared | None:
        if identity(model) in self._packages or meta.is_abstract(model) is not False:
            return None
        for cls in model.mro():
            if identity(cls) in self._packages:
                package, span = self._packages[identity(cls)]
                return _Declared(model, package, span)
            if isinstance(cls, ModelClass) and f"{cls.module.name}.{cls.name}" in named:
                return _Declared(model, named[f"{cls.module.name}.{cls.name}"], model.span)
        return None

    def _declare(self, call: ProvidedCall) -> None:
        """Hands a call to its provider."""
        provider = self._providers.provider(call.callable.package)
        assert provider is not None, "only a provider names callables"
        answer = call.refused or self._settings_refused(provider, call.span)
        if answer is None:
            answer = self._asked(call.span, lambda: list(provider.declare(self._value_of(call))))
        if isinstance(answer, Unknown):
            self._refuse(call, answer)
            return
        for item in answer:
            outcome: Unknown | None
            if isinstance(item, NewModel):
                outcome = self._asked(call.span, lambda item=item: self._add(call, item))  # type: ignore[misc]
            else:
                outcome = self._register(item, call.module, call.span, hook=call.hook)
            if isinstance(outcome, Unknown):
                self._refuse(call, outcome)

    def _value_of(self, call: ProvidedCall) -> Call:
        inward = self._values.inward
        return Call(
            call.callable.name,
            tuple(inward(arg) for arg in call.args),
            {name: inward(value) for name, value in call.kwargs.items()},
            None if call.model is None else inward(call.model),
            self._values,
        )

    def _add(self, call: ProvidedCall, new: NewModel) -> None:
        """Makes the model class that a provider describes, and has it prepared.

        Raises:
            ValueError: There is such a model already.
        """
        if not new.abstract and self._registry.get(f"{new.app_label}.{new.name}") is not None:
            raise ValueError(
                f"app `{new.app_label}` has a model `{new.name}` already: give this one another "
                "name"
            )
        model = call.base
        if model is None:
            model = empty_model(new.name, call.module, call.span, self._vm)
            model.moment = call.moment
            self._packages[identity(model)] = (call.callable.package, call.span)
            give_meta(model, self._vm)
        model.name = model.qualname = new.name
        bases = tuple(self._values.outward(base) for base in new.bases) or (models.Model,)
        model.rebase(bases, self._registry.classes)
        model.abstract = new.abstract
        model.namespace.update(self._values.namespace(new.attributes))
        options = {**new.meta, "app_label": new.app_label, "abstract": False}
        for name, value in options.items():
            set_name(model.namespace["Meta"], name, value)
        for trigger in options.get("triggers", ()):
            self._note(trigger, None, call.span)
        if new.abstract:
            return
        if call.callable.kind == "decorator":
            self._registry.add([model])
        self.made.append(self._fact(call, new))
        self._prepare(_Declared(model, call.callable.package, call.span, call.hook))

    def _fact(self, call: ProvidedCall, new: NewModel) -> ProvidedModel:
        app = self._project.apps.get(new.app_label)
        target = call.model if call.model is not None else next(iter(call.args), None)
        label = self._values.label(target)
        return ProvidedModel(
            label=f"{new.app_label}.{new.name}",
            app_label=new.app_label,
            first_party_app=app is None or app.first_party,
            declared_in_project=call.module.first_party,
            target=label,
            library=call.callable.package,
            span=call.span,
        )

    def _prepare(self, declared: _Declared) -> None:
        """Asks for the triggers that come with a model."""
        provider = self._providers.provider(declared.package)
        assert provider is not None, "only a provider has bases"
        model, span = declared.model, declared.span
        triggers = self._settings_refused(provider, span) or self._asked(
            span, lambda: list(provider.prepare(Prepared(self._values, model)))
        )
        for item in [triggers] if isinstance(triggers, Unknown) else triggers:
            outcome = item
            if isinstance(item, NewTrigger):
                outcome = self._register(item, model.module, span, hook=declared.hook)
            if isinstance(outcome, Unknown):
                self._note_registration(model, outcome, model.module, span, hook=declared.hook)

    def _register(
        self, new: NewTrigger, module: Module, span: Span, *, hook: bool
    ) -> Unknown | None:
        model = self._asked(span, lambda: self._values.outward(new.model))
        if isinstance(model, Unknown):
            return model
        self._note(new.trigger, new.source, span)
        self._note_registration(model, new.trigger, module, span, hook=hook)
        return None

    def _note(self, trigger: Any, source: object, span: Span) -> None:
        """Remembers that a trigger is a library's, and where what it stands for was made."""
        origin = self._vm.findings.origin(source) if source is not None else None
        own = self._vm.findings.origin(trigger)  # one that the project itself made, and handed over
        if own is None:
            cls = type(trigger)
            where = origin.span if origin is not None else span
            self._vm.findings.remember_origin(
                trigger, where, f"{cls.__module__}.{cls.__qualname__}"
            )
        self._vm.findings.provided_triggers.add(identity(trigger))

    def _refuse(self, call: ProvidedCall, unknown: Unknown) -> None:
        """What the call declares is not known, but not forgotten."""
        unknown = unknown.with_note("declared here", call.span)
        if call.base is not None:
            call.base.rebase((models.Model, unknown), self._registry.classes)
            meta_class = call.base.namespace["Meta"]
            if "app_label" in vars(meta_class):
                del meta_class.app_label
        model = call.model if call.model is not None else next(iter(call.args), unknown)
        if not isinstance(model, ModelClass | ThroughModel | ModelReference):
            model = unknown
        self._note_registration(model, unknown, call.module, call.span, hook=call.hook)

    def _note_registration(
        self, model: Any, trigger: Any, module: Module, span: Span, *, hook: bool
    ) -> None:
        if isinstance(trigger, Unknown) and isinstance(model, ModelClass):
            model.doubts.append(trigger)
        self._vm.findings.note_registration(model, trigger, module, span, hook=hook, provided=True)

    def _settings_refused(self, provider: Provider, span: Span) -> Unknown | None:
        """A setting that the library depends on, and that is not known; else Django has all."""
        settings = self._settings.read
        if settings.incomplete is not None and provider.settings:
            named = ", ".join(provider.settings)
            self._vm.assume(named, "as far as settings were read", settings.incomplete.span or span)
        values = dict(self._settings.of_library(provider.settings))
        for name, value in values.items():
            unknown = first_unknown(value)
            if unknown is not None:
                reason = f"the setting `{name}` is not known: {unknown.reason}"
                return Unknown(reason, unknown.span, unknown.notes)
        hand_over(values)
        return None

    def _asked(self, span: Span, question: Callable[[], Any]) -> Any:
        """A provider's answer; whatever it raises is a reason."""
        answer = self._vm.guarded(lambda: self._vm.attempt(span, question), span)
        if isinstance(answer, Invalid) and isinstance(answer.error, Misplaced):
            return LandsElsewhere(str(answer.error), span)
        return answer
