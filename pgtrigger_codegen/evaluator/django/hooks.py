"""Code that Django calls back while it makes models: receivers of signals, `__init_subclass__`.

`__init_subclass__` runs with the class statement; the `models` stage runs receivers.
"""

from __future__ import annotations

import types
from typing import Any, cast

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.classes.user_classes import derived_class
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class
from pgtrigger_codegen.evaluator.values.callables import Special, interpreted
from pgtrigger_codegen.evaluator.values.classes import (
    MISSING,
    find_attribute,
    is_class,
    mro_of,
    own_names,
)
from pgtrigger_codegen.evaluator.values.findings import Receiver
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

_INIT_SUBCLASS = "__init_subclass__"


def run_receiver(vm: Machine, receiver: Receiver, sender: Any) -> None:
    """Runs a receiver of a signal for one model."""
    kwargs = {"signal": Special(receiver.signal), "sender": sender}
    span = receiver.span
    with vm.called_back():
        if receiver.doubt is None:
            outcome = vm.guarded(lambda: vm.apply(receiver.function, (), kwargs, span), span)
        else:
            with vm.speculating(receiver.doubt):
                outcome = vm.guarded(lambda: vm.apply(receiver.function, (), kwargs, span), span)
    if isinstance(outcome, Unknown):
        _not_followed(vm, sender, outcome, _module_of(receiver.function) or receiver.module, span)


def init_subclass(vm: Machine, model: ModelClass, keywords: dict[str, Any]) -> None:
    """Runs `__init_subclass__` of a model's bases, at Django's moment for it.

    Django takes `Meta`, fields and managers out of the class body first, and adds them after.
    """
    hook = _inherited_hook(vm, model)
    if hook is None:
        return
    names = list(model.namespace)
    held = {
        name: value
        for name, value in model.namespace.items()
        if name == "Meta" or find_attribute(type(value), "contribute_to_class") is not MISSING
    }
    for name in held:
        del model.namespace[name]
    model.prepared = False
    with vm.called_back():
        outcome = vm.guarded(lambda: vm.apply(hook, (model,), keywords, model.span), model.span)
    model.prepared = True
    after = {**model.namespace, **held}
    model.namespace.clear()
    order = [*(name for name in names if name in after), *after]
    model.namespace.update((name, after[name]) for name in dict.fromkeys(order))
    _keep_meta(vm, model)
    if isinstance(outcome, Unknown):
        model.doubts.append(outcome)
        module = _module_of(hook) or model.module
        _not_followed(vm, model, outcome, module, model.span)


def super_attribute(vm: Machine, bound: Special, name: str, span: Span) -> Any:
    """`super().name` in a class method of a model."""
    owner, instance = bound.receiver
    mro = instance.mro()
    start = next((index for index, cls in enumerate(mro) if cls is owner), None)
    if start is None:
        return Unknown("`super()` in a model is not evaluated", span)
    for cls in mro[start + 1 :]:
        if isinstance(cls, Unknown):
            return cls
        names = own_names(cls)
        if name not in names:
            continue
        value = names[name]
        if isinstance(cls, type) and not is_user_class(vm, cls):
            break
        if isinstance(value, classmethod):
            return membrane.inward(vm, types.MethodType(value.__func__, instance))
        if isinstance(value, staticmethod):
            return membrane.inward(vm, value.__func__)
        value = membrane.inward(vm, value)
        return value.__get__(instance) if name == _INIT_SUBCLASS else value
    if name == _INIT_SUBCLASS:
        return Special("nothing")  # that of `object`
    return Unknown(f"`super().{name}` in a model is not evaluated", span)


def _inherited_hook(vm: Machine, model: ModelClass) -> Any:
    """The function of the user's that Python would call for the new class."""
    for cls in model.mro()[1:]:
        names = own_names(cls)
        users = isinstance(cls, ModelClass) or is_user_class(vm, cls)
        if users and _INIT_SUBCLASS in names:
            value = names[_INIT_SUBCLASS]
            function = value.__func__ if isinstance(value, classmethod) else value
            return membrane.inward(vm, function)
    return None


def _keep_meta(vm: Machine, model: ModelClass) -> None:
    """Gives the model a `Meta` as Django reads it now: other hooks may change the shared one."""
    found = model.lookup("Meta")
    meta = found[0] if found is not None else None
    if not is_class(meta):
        return
    options = {
        name: value
        for cls in reversed(mro_of(meta))
        if cls is not object
        for name, value in own_names(cls).items()
        if not name.startswith("_") and (name != "abstract" or cls is meta)
    }
    if "Meta" not in model.namespace:
        options.pop("abstract", None)
    if type(meta) is Class:
        model.namespace["Meta"] = derived_class(vm, "Meta", meta, options, model.span)
        return
    made = type("Meta", (cast("type", meta),), options)
    if meta in vm.user_classes:
        vm.user_classes[made] = vm.user_classes[meta]
    model.namespace["Meta"] = made


def _not_followed(vm: Machine, model: Any, outcome: Unknown, module: Module, span: Span) -> None:
    """The model may have triggers that a hook, which was not followed to its end, registers."""
    if "pgtrigger" in module.text:
        unknown = outcome.with_note("done for each model by this hook", span)
        vm.findings.note_registration(model, unknown, module, span, hook=True)


def _module_of(function: Any) -> Module | None:
    found = interpreted(function)
    return found.module if found is not None else None
