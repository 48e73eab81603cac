"""`register` and the ways to a model: what is registered is noted, never done."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.functions import interpreted
from pgtrigger_codegen.evaluator.provided import is_provided
from pgtrigger_codegen.evaluator.scope import Scope
from pgtrigger_codegen.evaluator.special_call import Handler, SpecialCall
from pgtrigger_codegen.evaluator.values import (
    ModelClass,
    ModelReference,
    Registrar,
    Special,
    Unknown,
    first_unknown,
)
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter


def register(
    vm: Interpreter, registrar: Registrar, args: tuple[Any, ...], span: Span, scope: Scope | None
) -> Any:
    """`pgtrigger.register(*triggers)(Model)`."""
    model = args[0] if args else Unknown("no model is given", span)
    for trigger in registrar.triggers:
        _record(vm, model, trigger, registrar.span, scope)
    return model


def note_unread_decorator(
    vm: Interpreter, decorator: ast.expr, outcome: Unknown, scope: Scope
) -> None:
    """A trigger that a package registers for a decorated function, but that cannot be read."""
    root = decorator
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    span = scope.module.span(decorator)
    value = vm.name(root.id, scope, span) if isinstance(root, ast.Name) else None
    origin = getattr(value, "dotted", None) or getattr(value, "name", None)
    package = str(origin or getattr(value, "__module__", "")).partition(".")[0]
    if vm.libraries.registers(package) and scope.module.first_party:
        vm.note_registration(outcome, outcome, scope.module, span)


def note_refused(vm: Interpreter, args: Iterable[Any], outcome: Unknown, span: Span) -> None:
    """A registration handed to a call that is refused: it may well have been made there."""
    for value in args:
        if _registers(value):
            module = _module_at(vm, span)
            vm.note_registration(outcome, outcome, module, span, hook=vm.in_hook)
            return


def _registers(value: Any) -> bool:
    """Whether calling a value registers triggers: by itself, or by what its body mentions."""
    if isinstance(value, Special):
        return value.name.startswith("register") or is_provided(value)
    function = interpreted(value)
    return isinstance(value, Registrar) or (
        function is not None
        and any(
            "register" in (getattr(node, "attr", None), getattr(node, "id", None))
            for node in ast.walk(function.node)
        )
    )


def _record(vm: Interpreter, model: Any, trigger: Any, span: Span, scope: Scope | None) -> None:
    module = scope.module if scope is not None else _module_at(vm, span)
    if vm.speculation is not None:
        trigger = vm.speculation
    elif isinstance(model, ModelClass) and not model.prepared:
        reason = "is registered in `__init_subclass__`, before the model has a `_meta` of its own"
        trigger = Unknown(reason, span)
    unknown = first_unknown(trigger)
    if unknown is not None and isinstance(model, ModelClass) and not module.first_party:
        vm.uses.changes(model.doubts)
        model.doubts.append(unknown)  # what a package registers is not reported, but not denied
    vm.note_registration(model, trigger, module, span, hook=vm.in_hook)


def _module_at(vm: Interpreter, span: Span) -> Module:
    """The module that a place is in: real code (`map`) calls back without a scope."""
    return next(module for module in vm.loader.loaded() if str(module.path) == span.path)


def _register(vm: Interpreter, call: SpecialCall) -> Any:
    return Registrar(call.args, call.span)


def _register_trigger(vm: Interpreter, call: SpecialCall) -> Any:
    """`trigger.register(*models)`."""
    for model in call.args:
        _record(vm, model, call.special.receiver, call.span, call.scope)
    return None


def _get_user_model(vm: Interpreter, call: SpecialCall) -> Any:
    label = vm.host.setting("AUTH_USER_MODEL", call.span)
    return ModelReference(label, call.span) if isinstance(label, str) else first_unknown(label)


def _get_model(vm: Interpreter, call: SpecialCall) -> Any:
    """`apps.get_model("app.Model")` and `apps.get_model("app", "Model")`."""
    names = [call.argument(0, "app_label"), call.argument(1, "model_name")]
    if (unknown := first_unknown(names)) is not None:
        return unknown
    return ModelReference(".".join(str(name) for name in names if name is not None), call.span)


def _identity(vm: Interpreter, call: SpecialCall) -> Any:
    return call.argument(0, "")


def _model_of_app(vm: Interpreter, call: SpecialCall) -> Any:
    """`app_config.get_model("Model")`."""
    name = call.argument(0, "model_name")
    if not isinstance(name, str):
        return first_unknown(name) or Unknown("the name of a model is not known", call.span)
    return ModelReference(f"{call.special.receiver}.{name}", call.span)


def _models(vm: Interpreter, call: SpecialCall) -> Any:
    """`app_config.get_models()`, and `apps.get_models()` of all apps."""
    if call.args or call.kwargs:
        return Unknown("a choice of models is not evaluated", call.span)
    return vm.host.models(call.special.receiver, call.span)


def _app_config(vm: Interpreter, call: SpecialCall) -> Any:
    label = call.argument(0, "app_label")
    if not isinstance(label, str):
        return first_unknown(label) or Unknown("the label of an app is not known", call.span)
    return Special("app_config", label)


HANDLERS: dict[str, Handler] = {
    "app_config.get_model": _model_of_app,
    "app_config.get_models": _models,
    "apps.get_app_config": _app_config,
    "apps.get_model": _get_model,
    "apps.get_models": _models,
    "get_user_model": _get_user_model,
    "identity": _identity,
    "register": _register,
    "register_trigger": _register_trigger,
}
