"""Notes calls of libraries that declare models and triggers, without running them.

A provider names them by dotted path. The interpreter evaluates their arguments; once all modules
are read, the `models` stage hands them, as values, to the provider.
"""

from __future__ import annotations

import ast
from typing import Any

from msgspec import Struct, field

from pgtrigger_codegen.evaluator.protocols.events import Ended, Imported
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.imports.module_names import has_own
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import ModelClass, ModelReference, ThroughModel
from pgtrigger_codegen.evaluator.values.provider_calls import ProvidedCall, ProvidedCallable
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.span import Span

TOO_EARLY = "is registered in `__init_subclass__`, before the model has a `_meta` of its own"


class _Decorator(Struct, frozen=True):
    """A decorator with its arguments, to be called with the model."""

    callable: ProvidedCallable
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    span: Span | None = None


def provided_value(vm: Machine, dotted: str) -> Special | None:
    """What stands for a callable that a provider names."""
    found = vm.libraries.callable(dotted)
    return None if found is None else Special("provided", found)


def note_library(vm: Machine, imported: Imported) -> None:
    """Remembers where a module of the project first imports a library that registers triggers."""
    package, scope, span = imported.name.partition(".")[0], imported.scope, imported.span
    if not scope.module.first_party or not vm.libraries.registers(package):
        return
    if vm.loader.is_first_party(package) and not has_own(vm, package):
        vm.assume(f"package {package}", f"as {vm.libraries.release(package)}", span)
    elif not vm.loader.is_first_party(package):
        vm.findings.imported_libraries.setdefault((package, scope.module.name), span)


def note_ended(vm: Machine, ended: Ended) -> None:
    """A function that could not be followed to its end may have declared something there."""
    function, unknown, span = ended.function, ended.unknown, ended.span
    names = vm.libraries.names
    if names and any(
        names & {getattr(node, "attr", ""), getattr(node, "id", "")} for node in walk(function.node)
    ):
        noted = unknown.with_note(f"`{function.name}` is called here", span)
        vm.findings.note_registration(
            noted, noted, function.module, span, hook=vm.in_hook, provided=True
        )


def is_provided(value: Any) -> bool:
    """Whether calling a value would declare triggers through a library."""
    return isinstance(value, Special) and value.name.startswith("provided")


def _call(vm: Machine, call: SpecialCall) -> Any:
    """`@library.track(…)`, `@library.audited` and `library.create_model(…)`."""
    provided: ProvidedCallable = call.special.receiver
    if provided.kind == "base":
        return _base_class(vm, provided, call)
    if provided.kind == "list":
        return _listed(vm, provided, call)
    if provided.kind == "function":
        return Special("provided.function", _Decorator(provided, call.args, call.kwargs, call.span))
    alone = len(call.args) == 1 and not call.kwargs
    if alone and isinstance(call.args[0], ModelClass | ThroughModel | ModelReference):
        return _apply(vm, _Decorator(provided, (), {}, call.span), call.args[0], call)
    return Special("provided.decorator", _Decorator(provided, call.args, call.kwargs, call.span))


def _decorate(vm: Machine, call: SpecialCall) -> Any:
    model = call.argument(0, "", Unknown("no model is given", call.span))
    return _apply(vm, call.special.receiver, model, call)


def _decorate_function(vm: Machine, call: SpecialCall) -> Any:
    """`@library.listener(…)` of a function, which stays as it is."""
    decorator: _Decorator = call.special.receiver
    span = decorator.span or call.span
    _note(vm, decorator.callable, decorator.args, decorator.kwargs, None, None, span, call)
    return call.argument(0, "", Unknown("no function is given", call.span))


def _apply(vm: Machine, decorator: _Decorator, model: Any, call: SpecialCall) -> Any:
    span, made = decorator.span or call.span, None
    name = decorator.callable.attribute
    if name and isinstance(model, ModelClass):
        made = _unfilled(decorator.callable, _module(vm, call), span, vm)
        several = Special(f"one of several {name}")  # not `Unknown`, which could be a field
        model.namespace[name] = several if name in model.namespace else made
    _note(vm, decorator.callable, decorator.args, decorator.kwargs, model, made, span, call)
    return model


def _base_class(vm: Machine, provided: ProvidedCallable, call: SpecialCall) -> Any:
    """An abstract model, empty until the provider has made the real one."""
    base = _unfilled(provided, _module(vm, call), call.span, vm)
    base.abstract = True
    vm.findings.model_classes.append(base)
    _note(vm, provided, call.args, call.kwargs, None, base, call.span, call)
    return base


def _listed(vm: Machine, provided: ProvidedCallable, call: SpecialCall) -> Any:
    """The models that the library has made for one so far."""
    keyword, *true = provided.arguments
    model = _concrete(vm, call.kwargs.get(keyword), call.span)
    asked = not call.args and call.kwargs == {
        keyword: call.kwargs.get(keyword),
        **dict.fromkeys(true, True),
    }
    if not asked or not vm.findings.models_ready or not isinstance(model, ModelClass):
        reason = f"calls `{provided.name}`, which is not evaluated"
        return call.unknown() or first_unknown(model) or Unknown(reason, call.span)
    found: list[Any] = []
    for made in vm.findings.provided_calls:
        if made.callable.package != provided.package:
            continue
        target = made.model if made.callable.kind == "decorator" else next(iter(made.args), None)
        target = _concrete(vm, target, call.span)
        if made.refused is not None or isinstance(target, Unknown):
            reason = "which models a library has made is not known"
            return Unknown(f"{reason}: {(made.refused or target).reason}", call.span)
        if target is not model:
            continue
        if made.callable.kind == "base":
            found += [
                cls
                for cls in vm.findings.model_classes
                if cls.abstract is False and any(base is made.base for base in cls.mro())
            ]
        else:
            found.append(made.base or Special("the model of a library"))
    return found


def _concrete(vm: Machine, model: Any, span: Span) -> Any:
    """The model that has the table of a model, or of its label."""
    if isinstance(model, ModelReference):
        model = vm.host.model_class(model.label, span)
    if not isinstance(model, ModelClass):
        return model
    return vm.host.model_option(model, "concrete_model", span)


def _unfilled(provided: ProvidedCallable, module: Module, span: Span, vm: Machine) -> ModelClass:
    from django.db.models import Model

    made = empty_model(provided.name.rpartition(".")[2], module, span, vm)
    made.bases = (Model,)
    unknown = Unknown("the app of a library's model is known once all models are", span)
    give_meta(made, vm, app_label=unknown)
    return made


def _note(
    vm: Machine,
    provided: ProvidedCallable,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    model: Any,
    base: ModelClass | None,
    span: Span,
    call: SpecialCall,
) -> None:
    refused = vm.speculation or first_unknown(model) or first_unknown([*args, *kwargs.values()])
    if isinstance(model, ModelClass) and not model.prepared:
        refused = refused or Unknown(TOO_EARLY, span)
    moment = base.moment if base is not None and base.moment is not None else vm.moment()
    vm.findings.provided_calls.append(
        ProvidedCall(
            provided,
            args,
            dict(kwargs),
            model,
            base,
            _module(vm, call),
            span,
            moment,
            vm.in_hook,
            refused,
        )
    )


def empty_model(name: str, module: Module, span: Span, vm: Machine) -> ModelClass:
    """A model class in the place of a call, without fields."""
    node = ast.parse("class _: pass").body[0]
    assert isinstance(node, ast.ClassDef)
    node.name, node.body = name, []
    # Where a class statement has the call among its bases, that statement begins above.
    at = vm.statement[1] if vm.statement and vm.statement[0] == module.name else span.line
    node.lineno, node.end_lineno = min(at, span.line), span.end_line
    model = ModelClass(name, module, node, (), {}, span, name)
    model.moment = vm.moment()
    return model


def give_meta(model: ModelClass, vm: Machine, **options: Any) -> None:
    """Gives a model a `Meta` that others can derive from."""
    made = type("Meta", (), options)
    vm.user_classes[made] = (model.module, model.node)
    model.namespace["Meta"] = made


def _module(vm: Machine, call: SpecialCall) -> Module:
    if call.scope is not None:
        return call.scope.module
    # Real code (`map`) calls back without a scope.
    return next(module for module in vm.loader.loaded() if str(module.path) == call.span.path)


HANDLERS: dict[str, Handler] = {
    "provided": _call,
    "provided.decorator": _decorate,
    "provided.function": _decorate_function,
}
