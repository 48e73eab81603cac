"""Notes calls of `register`, and of the functions that look up its models, without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.django.provider_calls import TOO_EARLY, is_provided
from pgtrigger_codegen.evaluator.library.kinds import is_rendered_model
from pgtrigger_codegen.evaluator.protocols.events import Refused, Stopped, UnreadCall
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import Special, interpreted
from pgtrigger_codegen.evaluator.values.imported import LazyImport
from pgtrigger_codegen.evaluator.values.models import (
    ModelClass,
    ModelReference,
    Registrar,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import (
    MayRegister,
    Unknown,
    first_unknown,
    may_register,
)
from pgtrigger_codegen.source.mentions import mentions
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import kept, walk
from pgtrigger_codegen.source.span import Span


def register(
    vm: Machine, registrar: Registrar, args: tuple[Any, ...], span: Span, scope: Scope | None
) -> Any:
    """`pgtrigger.register(*triggers)(Model)`."""
    model = args[0] if args else Unknown("no model is given", span)
    for trigger in registrar.triggers:
        _record(vm, model, trigger, registrar.span, scope)
    return model


def note_unread_call(vm: Machine, call: UnreadCall) -> None:
    """A trigger that a package registers for a decorated function, or makes a base for."""
    node, outcome, scope = call.node, call.unknown, call.scope
    root = node
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    span = scope.module.span(node)
    value = vm.name(root.id, scope, span) if isinstance(root, ast.Name) else None
    origin = getattr(value, "dotted", None) or getattr(value, "name", None)
    package = str(origin or getattr(value, "__module__", "")).partition(".")[0]
    if vm.libraries.registers(package) and scope.module.first_party:
        vm.findings.note_registration(outcome, outcome, scope.module, span)


def note_stopped(vm: Machine, stopped: Stopped) -> None:
    """A statement ended early: what it would have registered is not known, but not forgotten."""
    node, outcome, scope = stopped.node, stopped.unknown, stopped.scope
    if not isinstance(node, ast.ClassDef) and mentions(node, "register"):
        span = scope.module.span(node)
        vm.findings.note_registration(outcome, outcome, scope.module, span)


def note_refused(vm: Machine, refused: Refused) -> None:
    """A registration handed to a call that is refused: it may well have been made there."""
    outcome, span = refused.unknown, refused.span
    for value in refused.args:
        if registers(vm, value):
            module = _module_at(vm, span)
            vm.findings.note_registration(outcome, outcome, module, span, hook=vm.in_hook)
            return


def registers(vm: Machine, value: Any) -> bool:
    """Whether calling a value, or what is in it, may register triggers."""
    pending, known = [value], set()
    while pending:
        value = pending.pop()
        if identity(value) in known:  # what is in itself, or in many places
            continue
        known.add(identity(value))
        if isinstance(value, list | tuple | set | frozenset):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif _registers_itself(vm, value):
            return True
    return False


def _registers_itself(vm: Machine, value: Any) -> bool:
    if isinstance(value, LazyImport):
        dotted = f"{value.module}.{value.attribute}"
        return dotted == "pgtrigger.register" or vm.libraries.callable(dotted) is not None
    if isinstance(value, Special):
        return value.name.startswith(("register", "unregister")) or is_provided(value)
    function = interpreted(value)
    return isinstance(value, Registrar | MayRegister) or (
        function is not None and mentions_registration(vm, function.node, function.module)
    )


def mentions_registration(vm: Machine, node: ast.AST, module: Module) -> bool:
    """Whether code names `register`, or what a library calls its like."""
    names = set(vm.libraries.names)
    if "pgtrigger" in module.text:  # others have a `register` too
        names.add("register")
    return not names.isdisjoint(_names_in(node))


def _names_in(node: ast.AST) -> frozenset[str]:
    """The names and attributes in a piece of code, which is asked each time that it runs."""
    return kept(node, "names_in", _find_names_in)


def _find_names_in(node: ast.AST) -> frozenset[str]:
    named = [(getattr(x, "attr", None), getattr(x, "id", None)) for x in walk(node)]
    return frozenset(name for pair in named for name in pair if name is not None)


def call_unread(
    vm: Machine, unknown: Unknown, args: Iterable[Any], span: Span, scope: Scope | None
) -> Unknown:
    """The outcome of calling what is not read, with arguments that may register triggers.

    Such a call may do so itself for models among its arguments; else what it returns may.
    """
    args = list(args)
    if scope is not None and any(map(_has_model_base, args)) and isinstance(args[0], str):
        # `types.new_class("Name", (models.Model,), …)` and its like
        vm.findings.note_registration(unknown, unknown, scope.module, span)
    if not isinstance(unknown, MayRegister) and not any(
        isinstance(arg, Special | Registrar | MayRegister) and registers(vm, arg) for arg in args
    ):
        return unknown
    models = [arg for arg in args if isinstance(arg, ModelClass | ThroughModel | ModelReference)]
    for model in models:
        _record(vm, model, Unknown(unknown.reason, unknown.span, unknown.notes), span, scope)
    return unknown if models else may_register(unknown)


def _has_model_base(value: Any) -> bool:
    """Whether an argument is a tuple of bases, a model among them."""
    return isinstance(value, tuple) and any(
        isinstance(base, ModelClass) or is_rendered_model(base) for base in value
    )


def _record(vm: Machine, model: Any, trigger: Any, span: Span, scope: Scope | None) -> None:
    module = scope.module if scope is not None else _module_at(vm, span)
    if is_rendered_model(model):  # in a method that a library calls with real models
        model = vm.host.model_behind(model) or model
    if vm.speculation is not None:
        trigger = vm.speculation
    elif isinstance(model, ModelClass) and not model.prepared:
        trigger = Unknown(TOO_EARLY, span)
    unknown = first_unknown(trigger)
    if unknown is not None and isinstance(model, ModelClass) and not module.first_party:
        model.doubts.append(unknown)  # what a package registers is not reported, but not denied
    vm.findings.note_registration(model, trigger, module, span, hook=vm.in_hook)


def _module_at(vm: Machine, span: Span) -> Module:
    """The module that a place is in: real code (`map`) calls back without a scope."""
    return next(module for module in vm.loader.loaded() if str(module.path) == span.path)


def _register(vm: Machine, call: SpecialCall) -> Any:
    return Registrar(call.args, call.span)


def _register_trigger(vm: Machine, call: SpecialCall) -> Any:
    """`trigger.register(*models)`."""
    for model in call.args:
        _record(vm, model, call.special.receiver, call.span, call.scope)
    return None


def _unregister_trigger(vm: Machine, call: SpecialCall) -> Any:
    """`trigger.unregister(*models)`; what it returns would register them again."""
    module = call.scope.module if call.scope is not None else _module_at(vm, call.span)
    for given in call.args:
        model = vm.host.model_behind(given) or given if is_rendered_model(given) else given
        trigger, unknown = call.special.receiver, vm.speculation
        if unknown is None and (first_unknown(model) is not None or first_unknown(trigger)):
            unknown = first_unknown([model, trigger])
        if unknown is None and not _is_statement(module, call.span):
            reason = "what `unregister` returns registers the trigger again, and is not followed"
            unknown = Unknown(reason, call.span)
        vm.findings.note_registration(
            model,
            trigger if unknown is None else unknown,
            module,
            call.span,
            hook=vm.in_hook,
            removes=unknown is None,
        )
    return None


def _is_statement(module: Module, span: Span) -> bool:
    """Whether a call stands by itself."""
    return any(
        isinstance(node, ast.Expr) and module.span(node.value) == span for node in walk(module.tree)
    )


def _get_user_model(vm: Machine, call: SpecialCall) -> Any:
    label = vm.host.setting("AUTH_USER_MODEL", call.span)
    return ModelReference(label, call.span) if isinstance(label, str) else first_unknown(label)


def _get_model(vm: Machine, call: SpecialCall) -> Any:
    """`apps.get_model("app.Model")` and `apps.get_model("app", "Model")`."""
    names = [call.argument(0, "app_label"), call.argument(1, "model_name")]
    if (unknown := first_unknown(names)) is not None:
        return unknown
    return ModelReference(".".join(str(name) for name in names if name is not None), call.span)


def _model_of_app(vm: Machine, call: SpecialCall) -> Any:
    """`app_config.get_model("Model")`."""
    name = call.argument(0, "model_name")
    if not isinstance(name, str):
        return first_unknown(name) or Unknown("the name of a model is not known", call.span)
    return ModelReference(f"{call.special.receiver}.{name}", call.span)


def _models(vm: Machine, call: SpecialCall) -> Any:
    """`app_config.get_models()`, and `apps.get_models()` of all apps."""
    if call.args or call.kwargs:
        return Unknown("a choice of models is not evaluated", call.span)
    return vm.host.models(call.special.receiver, call.span)


def _is_installed(vm: Machine, call: SpecialCall) -> Any:
    """`apps.is_installed("name")`."""
    name, names = call.argument(0, "app_name"), vm.host.app_names
    if not isinstance(name, str):
        return first_unknown(name) or Unknown("the name of an app is not known", call.span)
    entries = vm.host.setting("INSTALLED_APPS", call.span)
    if name in names or (isinstance(entries, list | tuple) and len(entries) == len(names)):
        return name in names
    return first_unknown(entries) or Unknown("an installed app was not found", call.span)


def _app_config(vm: Machine, call: SpecialCall) -> Any:
    label = call.argument(0, "app_label")
    if not isinstance(label, str):
        return first_unknown(label) or Unknown("the label of an app is not known", call.span)
    return Special("app_config", label)


def config_attribute(vm: Machine, config: Special, name: str, span: Span) -> Any:
    """What is known of an `AppConfig` by its label."""
    if name == "label":
        return config.receiver
    if name not in ("name", "module", "models_module"):
        return NotImplemented
    app = vm.host.app_name(config.receiver, span)
    if isinstance(app, Unknown) or name == "name":
        return app
    return vm.module_value(app if name == "module" else f"{app}.models", span)


def config_of_app(vm: Machine, configs: Special, label: Any, span: Span) -> Any:
    """`apps.app_configs["label"]`."""
    if not isinstance(label, str):
        return first_unknown(label) or Unknown("the label of an app is not known", span)
    return Special("app_config", label)


HANDLERS: dict[str, Handler] = {
    "app_config.get_model": _model_of_app,
    "app_config.get_models": _models,
    "apps.get_app_config": _app_config,
    "apps.get_model": _get_model,
    "apps.get_models": _models,
    "apps.is_installed": _is_installed,
    "get_user_model": _get_user_model,
    "register": _register,
    "register_trigger": _register_trigger,
    "unregister_trigger": _unregister_trigger,
}
