"""Settings in classes, as django-configurations has them.

`class Prod(Configuration)`: every upper-case attribute, property and method of an object of the
class is a setting, and `values.BooleanValue(True)` reads an environment variable. The base class
is one of ours, with Django's defaults, so that the package need not be installed here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects.environment import variable
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class
from pgtrigger_codegen.evaluator.values.callables import Special, interpreted
from pgtrigger_codegen.evaluator.values.classes import mro_of
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

BASE = Special("configurations.Configuration")
_LATE = "configurations.late"
_STEPS = ("load_dotenv", "pre_setup", "setup", "post_setup")


def _boolean(text: str) -> bool:
    known = {**dict.fromkeys(("yes", "y", "true", "1"), True)}
    known |= dict.fromkeys(("no", "n", "false", "0", ""), False)
    if text.strip().lower() not in known:
        raise ValueError(f"Cannot interpret boolean value {text!r}")
    return known[text.strip().lower()]


def _words(text: str) -> list[str]:
    return [word for part in text.strip().split(",") if (word := part.strip())]


_CASTS: Mapping[str, Callable[[str], Any]] = {
    "Value": str,
    "BooleanValue": _boolean,
    "EmailValue": str,
    "FloatValue": float,
    "IPValue": str,
    "IntegerValue": int,
    "ListValue": _words,
    "PositiveIntegerValue": int,
    "RegexValue": str,
    "SecretValue": str,
    "SetValue": lambda text: set(_words(text)),
    "TupleValue": lambda text: tuple(_words(text)),
    "URLValue": str,
}
_DEFAULTS: Mapping[str, Any] = {"ListValue": [], "SetValue": set(), "TupleValue": ()}
_CONVERTED: Mapping[str, type] = {"ListValue": list, "SetValue": set, "TupleValue": tuple}

NAMES: dict[str, Special] = {
    "configurations.Configuration": BASE,
    "configurations.base.Configuration": BASE,
    **{f"configurations.values.{kind}": Special("configurations.value", kind) for kind in _CASTS},
}
"""What the interpreter stands in for, by dotted path."""


def base_attribute(vm: Machine, special: Special, name: str, span: Span) -> Any:
    """An attribute of `Configuration` itself."""
    return vm.attribute(base_class(vm), name, span)


def base_class(vm: Machine) -> type:
    """`Configuration`: one for each run, for a class body may change Django's own lists."""
    from django.conf import global_settings

    key = ("configurations.base", "Configuration")
    if key not in vm.library_values:
        defaults = {
            name: copy.deepcopy(value)
            for name, value in vars(global_settings).items()
            if name.isupper()
        }
        steps = dict.fromkeys(_STEPS, Special("nothing"))
        # Marked: only interpreted code, and this module, have to do with classes of settings.
        names = {**defaults, **steps, "__module__": key[0], lookup.MARK: True}
        made: Any = type("Configuration", (), names)
        vm.made[identity(made)] = made
        vm.library_values[key] = made
    base: type = vm.library_values[key]
    return base


def is_configuration(vm: Machine, value: object) -> bool:
    """Whether a value is a class of settings."""
    return is_user_class(vm, value) and base_class(vm) in mro_of(value)


def settings_of_class(vm: Machine, cls: Any, span: Span) -> dict[str, Any] | Unknown:
    """What a class of settings sets, by name, beyond Django's defaults.

    Unknown where one of its hooks, or its `__init__`, cannot be followed: it may set anything.
    """
    for step in ("pre_setup", "setup"):
        done = vm.call(_read(vm, cls, step, span), (), span)
        if isinstance(done, Unknown):
            return done.with_note(f"`{cls.__name__}.{step}` is called", span)
        if step == "pre_setup":
            _read_variables(vm, cls, span)
    made = vm.call(cls, (), span)
    if isinstance(made, Unknown):
        return made
    found: dict[str, Any] = {}
    for name in _upper_case(cls):
        value = _read(vm, made, name, span)
        if interpreted(value) is not None:
            value = vm.call(value, (), span)
        if value is not vars(base_class(vm)).get(name, _ABSENT):
            found[name] = value
    return found


_ABSENT = object()


def _upper_case(cls: type) -> list[str]:
    return [name for name in dir(cls) if name.isupper()]


def _read(vm: Machine, value: Any, name: str, span: Span) -> Any:
    return vm.guarded(lambda: vm.attribute(value, name, span), span)


def _read_variables(vm: Machine, cls: type, span: Span) -> None:
    """Gives the class the values in the place of what reads them from the environment."""
    for name in _upper_case(cls):
        value = _read(vm, cls, name, span)
        if isinstance(value, Special) and value.name == _LATE:
            call: SpecialCall = value.receiver
            read = _from_environment(vm, call, name)
            setattr(cls, name, read)


def _value(vm: Machine, call: SpecialCall) -> Any:
    """`values.BooleanValue(True, environ_name="DEBUG")`: a value where all is known of it."""
    if (unknown := call.unknown()) is not None:
        return unknown
    late = call.kwargs.get("late_binding", False)
    environ = _reads_environment(call)
    named = environ and call.argument(2, "environ_name")
    constant = not environ and call.argument(0, "default")
    if not late and (named or constant):
        return _from_environment(vm, call, "")
    return Special(_LATE, call)


def _reads_environment(call: SpecialCall) -> bool:
    return call.special.receiver == "SecretValue" or bool(call.argument(1, "environ", True))


def _from_environment(vm: Machine, call: SpecialCall, name: str) -> Any:
    kind = call.special.receiver
    unread = {"converter", "separator"} & call.kwargs.keys()
    if unread:
        return Unknown(f"`{unread.pop()}` of a setting is not evaluated", call.span)
    default = call.argument(0, "default", _DEFAULTS.get(kind))
    if kind in _CONVERTED:
        default = vm.attempt(call.span, _CONVERTED[kind], default)
    if not _reads_environment(call):
        return default
    name = call.argument(2, "environ_name") or name
    prefix = str(call.argument(3, "environ_prefix", "DJANGO") or "").removesuffix("_")
    required = kind == "SecretValue" or call.argument(4, "environ_required", False)
    full = f"{prefix}_{name}" if prefix else name
    given = () if required else (default,)
    return variable(vm, full, _CASTS[kind], call.span, *given)


HANDLERS: dict[str, Handler] = {"configurations.value": _value}
