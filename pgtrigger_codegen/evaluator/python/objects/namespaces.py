"""Namespaces in use: `globals()["NAME"]`, `vars(module)`, `locals().update(…)` of a module.

What is read and bound there is read and bound as by name. Where that is not followed, nothing is
known of any name of the namespace.
"""

from __future__ import annotations

import ast
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects.changes import doubt_names
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.imported import LazyImport
from pgtrigger_codegen.evaluator.values.namespaces import (
    NAMESPACE,
    SOME_NAMES,
    namespace,
    namespace_behind,
)
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

_MISSING = object()
_GIVING_NAMESPACES = ("globals", "locals", "vars")


def _globals(vm: Machine, call: SpecialCall) -> Any:
    if call.scope is None or call.args or call.kwargs:
        return Unknown("`globals` is not evaluated here", call.span)
    return namespace(call.scope.module_scope)


def own_names(vm: Machine, call: SpecialCall) -> Any:
    """`locals()` and `vars()`: of a module or the body of a class; of a function only a copy."""
    scope = call.scope
    if scope is None or call.args or call.kwargs or scope.kind not in ("module", "class"):
        return Unknown(f"`{call.special.name}` of a function is not evaluated", call.span)
    return namespace(scope)


def read(vm: Machine, special: Special, key: Any, span: Span) -> Any:
    """`namespace[key]`."""
    found = _found(vm, special, key, span)
    return vm.raised(KeyError(key), span) if found is _MISSING else found


def _found(vm: Machine, special: Special, key: Any, span: Span) -> Any:
    scope: Scope = special.receiver
    if (unknown := first_unknown(key)) is not None:
        return unknown
    if isinstance(key, str) and key in scope.names:
        return vm.name(key, scope, span)
    if scope.open_ended is not None:
        return scope.open_ended
    # Names of Python's own are no names of the source, and a module may be asked too early.
    statement = vm.statement[0] if vm.statement is not None else None
    early = scope.module.name in vm.executing and statement != scope.module.name
    if scope.kind != "module" or early or not isinstance(key, str) or key.startswith("__"):
        return Unknown(f"whether a namespace has the name {key!r} is not known", span)
    return _MISSING


def bind(vm: Machine, scope: Scope, name: Any, value: Any, span: Span) -> None:
    """`namespace[name] = value`."""
    if isinstance(name, str):
        scope.names[name] = vm.speculation or value
        return
    unknown = first_unknown(name) or Unknown("a name is not a string", span)
    # Under `if name not in globals()` none of those is bound anew that there are.
    doubt_names(vm, scope, unknown, () if vm.new_names_only else None)


def binds_new_names(node: ast.If) -> bool:
    """Whether a statement is `if name not in globals(): globals()[name] = …`."""
    match node:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id=tested),
                ops=[ast.NotIn()],
                comparators=[ast.Call(func=ast.Name(id=called))],
            ),
            body=[
                ast.Assign(
                    targets=[
                        ast.Subscript(
                            value=ast.Call(func=ast.Name(id=bound_in)), slice=ast.Name(id=bound)
                        )
                    ]
                )
            ],
            orelse=[],
        ):
            return tested == bound and called == bound_in and called in _GIVING_NAMESPACES
    return False


def unbind(vm: Machine, scope: Scope, name: Any, span: Span) -> None:
    """`del namespace[name]`."""
    if isinstance(name, str) and name in scope.names and vm.speculation is None:
        del scope.names[name]
    else:
        unknown = first_unknown(name) or vm.speculation
        doubt_names(vm, scope, unknown or Unknown("a deletion is not followed", span))


def _get(vm: Machine, call: SpecialCall) -> Any:
    if not 1 <= len(call.args) <= 2 or call.kwargs:
        return call.unknown() or Unknown("`get` takes a name and a default", call.span)
    found = _found(vm, call.special, call.args[0], call.span)
    return call.argument(1, "") if found is _MISSING and len(call.args) > 1 else _or_none(found)


def _or_none(found: Any) -> Any:
    return None if found is _MISSING else found


def _set(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) != 2 or call.kwargs:
        return _anything(vm, call)
    bind(vm, call.special.receiver, *call.args, call.span)
    return None


def _set_default(vm: Machine, call: SpecialCall) -> Any:
    if not 1 <= len(call.args) <= 2 or call.kwargs:
        return _anything(vm, call)
    name = call.args[0]
    found = _found(vm, call.special, name, call.span)
    if found is not _MISSING and not isinstance(found, Unknown):
        return found
    default = call.args[1] if len(call.args) > 1 else None
    value = found if isinstance(found, Unknown) else default
    bind(vm, call.special.receiver, name, value, call.span)
    return value


def _pop(vm: Machine, call: SpecialCall) -> Any:
    if not 1 <= len(call.args) <= 2 or call.kwargs:
        return _anything(vm, call)
    found = _found(vm, call.special, call.args[0], call.span)
    if found is _MISSING:
        missing = KeyError(call.args[0])
        return call.args[1] if len(call.args) > 1 else vm.raised(missing, call.span)
    unbind(vm, call.special.receiver, call.args[0], call.span)
    return vm.speculation or found


def update(vm: Machine, call: SpecialCall) -> Any:
    """`namespace.update(…)`, by another namespace, by a dictionary, by names."""
    scope: Scope = call.special.receiver
    if len(call.args) > 1:
        return _anything(vm, call)
    for given in (*call.args, call.kwargs):
        other = namespace_behind(given)
        if other is not None:
            _take_over(vm, scope, other, call.span)
            continue
        why = first_unknown(given) or Unknown("what is bound is not known", call.span)
        if type(given) is Special and given.name == SOME_NAMES:
            for name in given.receiver:
                bind(vm, scope, name, why, call.span)
        elif not isinstance(given, dict) or first_unknown(list(dict.keys(given))):
            doubt_names(vm, scope, why)
        else:
            for name, value in dict.items(given):
                bind(vm, scope, name, value, call.span)
    return None


def _take_over(vm: Machine, scope: Scope, other: Scope, span: Span) -> None:
    if other.open_ended is not None or other.module.name in vm.executing:
        why = other.open_ended or Unknown("what names there are is not known yet", span)
        doubt_names(vm, scope, why)
    for name, value in list(other.names.items()):
        lazily = isinstance(value, LazyImport) and value.attribute is None
        bind(vm, scope, name, value if lazily else vm.name(name, other, span), span)


def _anything(vm: Machine, call: SpecialCall) -> Any:
    """What changes a namespace in a way that is not followed."""
    method = call.special.name
    unknown = call.unknown() or Unknown(f"calls `{method}`, which is not evaluated", call.span)
    doubt_names(vm, call.special.receiver, unknown)
    return unknown


def has(vm: Machine, special: Special, key: Any, span: Span, *, wanted: bool) -> bool | Unknown:
    """`key in namespace`, or `key not in namespace` where it is not wanted."""
    found = _found(vm, special, key, span)
    if isinstance(found, Unknown) and not (isinstance(key, str) and key in special.receiver.names):
        return found
    return (found is not _MISSING) == wanted


HANDLERS: dict[str, Handler] = {
    "globals": _globals,
    "locals": own_names,
    f"{NAMESPACE}.__delitem__": _anything,
    f"{NAMESPACE}.__ior__": _anything,
    f"{NAMESPACE}.__setitem__": _set,
    f"{NAMESPACE}.clear": _anything,
    f"{NAMESPACE}.get": _get,
    f"{NAMESPACE}.pop": _pop,
    f"{NAMESPACE}.popitem": _anything,
    f"{NAMESPACE}.setdefault": _set_default,
    f"{NAMESPACE}.update": update,
}
