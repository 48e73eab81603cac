"""Environment variables: what code has set, else a pinned value, an assumed default, or unknown."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.namespaces import SOME_NAMES
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

_MISSING = object()
_OF_EMAIL = (
    *("EMAIL_BACKEND", "EMAIL_FILE_PATH", "EMAIL_HOST", "EMAIL_HOST_PASSWORD", "EMAIL_HOST_USER"),
    *("EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "OPTIONS"),
)
_CASTS = {"str": str, "bool": bool, "int": int, "float": float, "list": list}


def item(vm: Machine, special: Special, key: Any, span: Span) -> Any:
    """`os.environ["NAME"]`."""
    if isinstance(key, str) and key in vm.environ:
        value = vm.environ[key]
        return vm.raised(KeyError(key), span) if value is _MISSING else value
    if isinstance(key, str) and key in vm.host.environment:
        return vm.host.environment[key]
    return Unknown(f"the environment variable `{key}` is not pinned", span)


def set_variable(vm: Machine, name: Any, value: Any, span: Span) -> None:
    """`os.environ[name] = value`, for what asks for it later.

    A name that is not known may be any: what is asked for is as the project is started with.
    """
    if isinstance(name, str):
        known = isinstance(value, str | Unknown)
        error = TypeError(f"str expected, not {type(value).__name__}")
        vm.environ[name] = vm.speculation or (value if known else vm.raised(error, span))


def delete_variable(vm: Machine, name: Any, span: Span) -> None:
    """`del os.environ[name]`."""
    if isinstance(name, str):
        vm.environ[name] = vm.speculation or _MISSING


def _set(vm: Machine, call: SpecialCall) -> Any:
    """`os.environ.__setitem__(name, value)`."""
    set_variable(vm, call.argument(0, "key"), call.argument(1, "value"), call.span)
    return None


def _update(vm: Machine, call: SpecialCall) -> Any:
    """`os.environ.update(…)`."""
    for given in (*call.args, call.kwargs):
        for name, value in given.items() if isinstance(given, dict) else ():
            set_variable(vm, name, value, call.span)
    return None


def _set_default(vm: Machine, call: SpecialCall) -> Any:
    """`os.environ.setdefault(name, value)`."""
    value = _get(vm, call)
    name = call.argument(0, "key")
    if isinstance(name, str) and name not in vm.host.environment:
        set_variable(vm, name, value, call.span)
    return value


def _pop(vm: Machine, call: SpecialCall) -> Any:
    """`os.environ.pop(name, default)`."""
    name = call.argument(0, "key")
    found = _get(vm, call) if len(call.args) > 1 else item(vm, call.special, name, call.span)
    delete_variable(vm, name, call.span)
    return found


def _get(vm: Machine, call: SpecialCall) -> Any:
    """`os.environ.get`, `os.getenv`."""
    if (unknown := call.unknown()) is not None:
        return unknown
    default = call.argument(1, "default", _MISSING)
    return _variable(vm, call.argument(0, "key"), default, str, call.span)


def _decouple(vm: Machine, call: SpecialCall) -> Any:
    """`decouple.config("NAME", default=…, cast=…)`."""
    if (unknown := call.unknown()) is not None:
        return unknown
    cast = call.kwargs.get("cast", str)
    if cast not in (str, bool, int):
        return Unknown("the cast of a setting is not evaluated", call.span)
    default = call.argument(1, "default", _MISSING)
    return _variable(vm, call.argument(0, "option"), default, cast, call.span)


def _environ_make(vm: Machine, call: SpecialCall) -> Any:
    """`environ.Env(DEBUG=(bool, False))`."""
    schema = [
        (name, value)
        for name, value in call.kwargs.items()
        if isinstance(value, tuple) and len(value) == 2
    ]
    return Special("env", tuple(sorted(schema, key=lambda entry: entry[0])))


def _environ_read(vm: Machine, call: SpecialCall) -> Any:
    """`env("NAME", default=…)`, `env.bool(…)` and their kin, of django-environ."""
    if (unknown := call.unknown()) is not None:
        return unknown
    name = call.argument(0, "var")
    kind = call.special.name.partition(".")[2]
    if kind:
        cast, default = _CASTS[kind], call.argument(1, "default", _MISSING)
    else:
        cast, default = dict(call.special.receiver or ()).get(name, (str, _MISSING))
        cast = call.kwargs.get("cast", cast)
        default = call.argument(2, "default", default)
    if cast not in _CASTS.values():
        return Unknown("the cast of a setting is not evaluated", call.span)
    return _variable(vm, name, default, cast, call.span)


def _email(vm: Machine, call: SpecialCall) -> Any:
    """`env.email_url(…)`, with which `vars().update(…)` sets some settings, and no others."""
    return Special(SOME_NAMES, _OF_EMAIL)


def variable(vm: Machine, name: str, cast: Any, span: Span, default: Any = _MISSING) -> Any:
    """The value of an environment variable: pinned and converted, or an assumed default."""
    if name in vm.environ:
        value = default if vm.environ[name] is _MISSING else vm.environ[name]
        if value is _MISSING:
            return Unknown(
                f"the environment variable `{name}` is deleted, and has no default", span
            )
        known = isinstance(value, str) and vm.environ[name] is not _MISSING
        return vm.attempt(span, _cast, value, cast) if known else value
    if name in vm.host.environment:
        return vm.attempt(span, _cast, vm.host.environment[name], cast)
    if default is _MISSING:
        return Unknown(f"the environment variable `{name}` is not pinned and has no default", span)
    if not vm.host.takes_defaults:
        return Unknown(f"the environment variable `{name}` is not pinned", span)
    vm.assume(name, default, span)
    return default


def _variable(vm: Machine, name: Any, default: Any, cast: Any, span: Span) -> Any:
    if not isinstance(name, str):
        return Unknown("the name of an environment variable is not known", span)
    return variable(vm, name, cast, span, default)


def _cast(text: str, cast: Any) -> Any:
    if cast is bool:
        return text.strip().lower() in ("1", "true", "yes", "on", "y", "ok", "t")
    if cast is list:
        return [entry for entry in text.split(",") if entry]
    return cast(text)


HANDLERS: dict[str, Handler] = {
    "decouple.config": _decouple,
    "env": _environ_read,
    **{f"env.{kind}": _environ_read for kind in _CASTS},
    "env.email": _email,
    "env.email_url": _email,
    "environ.Env": _environ_make,
    "os.environ.get": _get,
    "os.environ.__setitem__": _set,
    "os.environ.pop": _pop,
    "os.environ.setdefault": _set_default,
    "os.environ.update": _update,
    "os.getenv": _get,
}
