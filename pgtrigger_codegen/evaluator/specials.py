"""Callables that the interpreter stands in for.

Some need its own view of classes (`super`, `isinstance`), some would have effects (`register`),
and some read the environment, which is a pinned value, an assumption, or unknown.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator import attributes
from pgtrigger_codegen.evaluator.functions import interpreted
from pgtrigger_codegen.evaluator.scope import Scope
from pgtrigger_codegen.evaluator.values import (
    ModelClass,
    ModelReference,
    Registrar,
    Registration,
    Special,
    ThroughModel,
    Unknown,
    first_unknown,
)
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter


def call_special(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    """The value of a call of a special callable."""
    handler = _HANDLERS.get(special.name)
    if handler is None:
        return Unknown(f"calls `{special.name}`, which is not evaluated", span)
    return handler(vm, special, args, kwargs, span, scope)


def register(
    vm: Interpreter, registrar: Registrar, args: tuple[Any, ...], span: Span, scope: Scope | None
) -> Any:
    """`pgtrigger.register(*triggers)(Model)`."""
    model = args[0] if args else Unknown("no model is given", span)
    for trigger in registrar.triggers:
        _record(vm, model, trigger, registrar.span, scope)
    return model


def special_attribute(vm: Interpreter, special: Special, name: str, span: Span) -> Any:
    """An attribute of a special value."""
    if special.name == "connection" and name == "vendor":
        vm.assume("connection.vendor", "postgresql", span)
        return "postgresql"
    if special.name == "sys.argv":
        return Unknown("`sys.argv` is not known", span)
    if special.name == "type.of" and name == "__name__":
        return special.receiver.name
    return Special(f"{special.name}.{name}", special.receiver)


def item_of_special(vm: Interpreter, special: Special, key: Any, span: Span) -> Any:
    """An item of a special value: `os.environ["NAME"]`, `connections["default"]`."""
    if special.name == "os.environ" and isinstance(key, str):
        if key in vm.host.environment:
            return vm.host.environment[key]
        return Unknown(f"the environment variable `{key}` is not pinned", span)
    if special.name == "connections":
        return Special("connection")
    return Unknown(f"an item of `{special.name}` is not evaluated", span)


def _record(vm: Interpreter, model: Any, trigger: Any, span: Span, scope: Scope | None) -> None:
    if scope is None:
        return
    if vm.speculation is not None:
        trigger = vm.speculation
    vm.registrations.append(Registration(model, trigger, scope.module, span, vm.in_hook))


def _register(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    return Registrar(args, span)


def _register_trigger(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    for model in args:
        _record(vm, model, special.receiver, span, scope)
    return None


def _environment(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    """`os.environ.get`, `os.getenv`: pinned, or by its literal default."""
    if (unknown := first_unknown([*args, *kwargs.values()])) is not None:
        return unknown
    name = args[0] if args else kwargs.get("key")
    default = args[1] if len(args) > 1 else kwargs.get("default", _MISSING)
    return _variable(vm, name, default, str, span)


def _environment_contains(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    return Unknown(f"`{special.name}` is not evaluated", span)


def _decouple(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    """`decouple.config("NAME", default=…, cast=…)`."""
    if (unknown := first_unknown([*args, *kwargs.values()])) is not None:
        return unknown
    cast = kwargs.get("cast", str)
    if cast is not str and cast is not bool and cast is not int:
        return Unknown("the cast of a setting is not evaluated", span)
    default = args[1] if len(args) > 1 else kwargs.get("default", _MISSING)
    return _variable(vm, args[0] if args else None, default, cast, span)


def _environ_make(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    """`environ.Env(DEBUG=(bool, False))`."""
    schema = {
        name: value
        for name, value in kwargs.items()
        if isinstance(value, tuple) and len(value) == 2
    }
    return Special("env", tuple(sorted(schema.items(), key=lambda item: item[0])))


def _environ_read(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    """`env("NAME", default=…)`, `env.bool(…)` and their kin, of django-environ."""
    if (unknown := first_unknown([*args, *kwargs.values()])) is not None:
        return unknown
    name = args[0] if args else kwargs.get("var")
    schema = dict(special.receiver or ())
    kind = special.name.partition(".")[2]
    cast, default = schema.get(name, (str, _MISSING)) if not kind else (_CASTS[kind], _MISSING)
    if "cast" in kwargs:
        cast = kwargs["cast"]
    position = 1 if kind else 2
    if len(args) > position:
        default = args[position]
    default = kwargs.get("default", default)
    if cast not in (str, bool, int, float, list):
        return Unknown("the cast of a setting is not evaluated", span)
    return _variable(vm, name, default, cast, span)


def _variable(vm: Interpreter, name: Any, default: Any, cast: Any, span: Span) -> Any:
    if not isinstance(name, str):
        return Unknown("the name of an environment variable is not known", span)
    if name in vm.host.environment:
        return _cast(vm.host.environment[name], cast)
    if default is _MISSING:
        return Unknown(f"the environment variable `{name}` is not pinned and has no default", span)
    vm.assume(name, default, span)
    return default


def _cast(text: str, cast: Any) -> Any:
    if cast is bool:
        return text.strip().lower() in ("1", "true", "yes", "on", "y", "ok", "t")
    if cast is list:
        return [item for item in text.split(",") if item]
    return cast(text)


def _get_user_model(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    label = vm.host.setting("AUTH_USER_MODEL", span)
    return ModelReference(label, span) if isinstance(label, str) else first_unknown(label)


def _get_model(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    """`apps.get_model("app.Model")` and `apps.get_model("app", "Model")`."""
    parts = [*args, *(kwargs[key] for key in ("app_label", "model_name") if key in kwargs)]
    if (unknown := first_unknown(parts)) is not None:
        return unknown
    label = ".".join(str(part) for part in parts[:2])
    return ModelReference(label, span)


def _super(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if args:
        owner, instance = args[0], args[1] if len(args) > 1 else None
    else:
        method = scope
        while method is not None and not (method.owner and method.first_argument is not None):
            method = method.parent
        if method is None:
            return Unknown("`super()` outside a method", span)
        owner, instance = method.owner[0], method.first_argument
    if not isinstance(owner, type):
        return Unknown("`super()` in a model is not evaluated", span)
    return vm.attempt(span, super, owner, instance)


def _isinstance(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if len(args) != 2 or (unknown := first_unknown(args)) is not None:
        return first_unknown(args) or Unknown("takes two arguments", span)
    value, kinds = args
    if attributes.is_own_kind(value):
        return Unknown(f"the class of {attributes.describe(value)} is not evaluated", span)
    if isinstance(kinds, ModelClass | tuple) and _has_model(kinds):
        return Unknown("an instance of a model is not evaluated", span)
    return vm.attempt(span, isinstance, value, kinds)


def _issubclass(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if len(args) != 2 or (unknown := first_unknown(args)) is not None:
        return first_unknown(args) or Unknown("takes two arguments", span)
    cls, kinds = args
    if isinstance(cls, ModelClass):
        wanted = kinds if isinstance(kinds, tuple) else (kinds,)
        if any(base is kind for base in cls.mro() for kind in wanted):
            return True
        return next(cls.unknown_bases(), False)
    if attributes.is_own_kind(cls):
        return Unknown(f"the bases of {attributes.describe(cls)} are not evaluated", span)
    kinds = tuple(
        k for k in (kinds if isinstance(kinds, tuple) else (kinds,)) if isinstance(k, type)
    )
    return vm.attempt(span, issubclass, cls, kinds)


def _has_model(kinds: Any) -> bool:
    return any(isinstance(k, ModelClass) for k in (kinds if isinstance(kinds, tuple) else (kinds,)))


def _getattr(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if len(args) < 2 or not isinstance(args[1], str):
        return first_unknown(args[1:2]) or Unknown("the attribute's name is not known", span)
    target, name = args[0], args[1]
    if len(args) > 2 and not attributes.is_own_kind(target) and not isinstance(target, Unknown):
        if not _has(target, name) and not attributes.is_rendered_model(target):
            return args[2]
    if isinstance(target, ModelClass) and len(args) > 2 and _lacks(target, name):
        return args[2]
    return attributes.attribute(vm, target, name, span)


def _hasattr(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if len(args) != 2 or (unknown := first_unknown(args)) is not None:
        return first_unknown(args) or Unknown("takes two arguments", span)
    target, name = args
    if isinstance(target, ModelClass):
        if target.lookup(name) is not None:
            return True
        return (
            False
            if _lacks(target, name)
            else next(target.unknown_bases(), Unknown("not known", span))
        )
    if attributes.is_own_kind(target) or attributes.is_rendered_model(target):
        return Unknown(f"the attributes of {attributes.describe(target)} are not known", span)
    return _has(target, name)


def _has(target: Any, name: str) -> bool:
    return (
        hasattr(type(target), name)
        or name in getattr(target, "__dict__", {})
        or (isinstance(target, type | types.SimpleNamespace) and hasattr(target, name))
    )


def _lacks(model: ModelClass, name: str) -> bool:
    return (
        model.lookup(name) is None and not any(model.unknown_bases()) and not name.startswith("_")
    )


def _setattr(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if len(args) == 3 and isinstance(args[1], str):
        attributes.assign_attribute(vm, args[0], args[1], args[2], span)
    return None


def _type(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if len(args) == 1 and not attributes.is_own_kind(args[0]):
        return first_unknown(args) or type(args[0])
    return Unknown("`type()` with a name and bases is not evaluated", span)


def _print(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    return None


def _receiver(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    """`@receiver(signal)` leaves the function as it is."""
    return Special("identity")


def _identity(
    vm: Interpreter,
    special: Special,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    return args[0] if args else None


_MISSING = object()
_CASTS = {"str": str, "bool": bool, "int": int, "float": float, "list": list}
_Handler = Callable[
    ["Interpreter", Special, tuple[Any, ...], dict[str, Any], Span, "Scope | None"], Any
]
_HANDLERS: dict[str, _Handler] = {
    "apps.get_model": _get_model,
    "decouple.config": _decouple,
    "env": _environ_read,
    "env.bool": _environ_read,
    "env.float": _environ_read,
    "env.int": _environ_read,
    "env.list": _environ_read,
    "env.str": _environ_read,
    "environ.Env": _environ_make,
    "get_user_model": _get_user_model,
    "getattr": _getattr,
    "hasattr": _hasattr,
    "identity": _identity,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "os.environ.get": _environment,
    "os.environ.setdefault": _environment,
    "os.getenv": _environment,
    "print": _print,
    "receiver": _receiver,
    "register": _register,
    "register_trigger": _register_trigger,
    "setattr": _setattr,
    "super": _super,
    "type": _type,
}

__all__ = [
    "ThroughModel",
    "call_special",
    "interpreted",
    "item_of_special",
    "register",
    "special_attribute",
]
