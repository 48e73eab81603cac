"""`match` statements: whether a pattern fits a value, and what it binds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import (
    function_attributes,
    iteration,
    membrane,
    unknowns,
)
from pgtrigger_codegen.evaluator.python.objects.kinds import describe
from pgtrigger_codegen.evaluator.values.callables import USER_FUNCTIONS
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import class_behind, has_face, opened

# Classes whose one positional pattern is the value itself.
_WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)


def matches(vm: Machine, pattern: ast.pattern, value: Any, scope: Scope) -> bool | Unknown:
    """Whether the value fits; names are bound on the way, as Python may do."""
    span = scope.module.span(pattern)
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
        if pattern.name is not None:
            scope.bind(pattern.name, value)
        return True
    if isinstance(value, Unknown):
        return value.with_note("used here", span)
    if is_own_kind(value):
        return Unknown(f"{describe(value)} is not matched", span)
    return _MATCHERS[type(pattern)](vm, pattern, value, scope)


def _value(vm: Machine, pattern: ast.MatchValue, value: Any, scope: Scope) -> bool | Unknown:
    span = scope.module.span(pattern)
    wanted = vm.value(pattern.value, scope)
    if (unknown := first_unknown([wanted, value])) is not None:
        return unknown
    return unknowns.truth(vm, vm.attempt(span, lambda: value == wanted), span)


def _singleton(
    vm: Machine, pattern: ast.MatchSingleton, value: Any, scope: Scope
) -> bool | Unknown:
    return value is pattern.value


def _as(vm: Machine, pattern: ast.MatchAs, value: Any, scope: Scope) -> bool | Unknown:
    assert pattern.pattern is not None
    fits = matches(vm, pattern.pattern, value, scope)
    if fits is True and pattern.name is not None:
        scope.bind(pattern.name, value)
    return fits


def _or(vm: Machine, pattern: ast.MatchOr, value: Any, scope: Scope) -> bool | Unknown:
    for alternative in pattern.patterns:
        fits = matches(vm, alternative, value, scope)
        if fits is not False:
            return fits
    return False


def _sequence(vm: Machine, pattern: ast.MatchSequence, value: Any, scope: Scope) -> bool | Unknown:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        return False
    items = iteration.iterate(vm, value, scope.module.span(pattern))
    if isinstance(items, Unknown):
        return items
    patterns = pattern.patterns
    star = next((i for i, p in enumerate(patterns) if isinstance(p, ast.MatchStar)), None)
    if star is None:
        if len(items) != len(patterns):
            return False
        return _all(vm, patterns, items, scope)
    after = len(patterns) - star - 1
    if len(items) < star + after:
        return False
    rest = patterns[star]
    if isinstance(rest, ast.MatchStar) and rest.name is not None:
        scope.bind(rest.name, items[star : len(items) - after])
    parts = [*items[:star], *items[len(items) - after :]] if after else items[:star]
    return _all(vm, [*patterns[:star], *patterns[star + 1 :]], parts, scope)


def _mapping(vm: Machine, pattern: ast.MatchMapping, value: Any, scope: Scope) -> bool | Unknown:
    if not isinstance(value, Mapping):
        return False
    if (unknown := first_unknown(list(value))) is not None:
        return unknown
    keys = [vm.value(key, scope) for key in pattern.keys]
    if (unknown := first_unknown(keys)) is not None:
        return unknown
    if not all(key in value for key in keys):
        return False
    if pattern.rest is not None:
        scope.bind(pattern.rest, {key: item for key, item in value.items() if key not in keys})
    return _all(vm, pattern.patterns, [value[key] for key in keys], scope)


def _class(vm: Machine, pattern: ast.MatchClass, value: Any, scope: Scope) -> bool | Unknown:
    span = scope.module.span(pattern)
    cls = membrane.unwrapped(vm.value(pattern.cls, scope))
    if not isinstance(cls, type):
        return first_unknown(cls) or Unknown("a class that is not known is not matched", span)
    if type(cls) is not type and has_face(type(value)):
        class_behind(type(value)).opened()
    if not isinstance(membrane.as_instance(value), cls):
        return False
    positional = pattern.patterns
    if cls in _WHOLE and len(positional) == 1:
        parts: list[Any] = [value]
    else:
        own = find_attribute(cls, "__match_args__")
        names = () if own is MISSING else own
        if len(positional) > len(names):
            error = TypeError(f"{cls.__name__}() accepts {len(names)} positional sub-patterns")
            return vm.raised(error, span)
        parts = [vm.attribute(value, name, span) for name in names[: len(positional)]]
    for name in pattern.kwd_attrs:
        if not _has(value, name):
            return False
        parts.append(vm.attribute(value, name, span))
    return _all(vm, [*positional, *pattern.kwd_patterns], parts, scope)


def _has(value: Any, name: str) -> bool:
    if isinstance(value, USER_FUNCTIONS):
        return function_attributes.has(value, name)
    return hasattr(opened(value), name)


def _all(
    vm: Machine, patterns: Sequence[ast.pattern], values: Sequence[Any], scope: Scope
) -> bool | Unknown:
    for pattern, value in zip(patterns, values, strict=True):
        fits = matches(vm, pattern, value, scope)
        if fits is not True:
            return fits
    return True


_MATCHERS: dict[type[ast.pattern], Callable[[Machine, Any, Any, Scope], bool | Unknown]] = {
    ast.MatchAs: _as,
    ast.MatchClass: _class,
    ast.MatchMapping: _mapping,
    ast.MatchOr: _or,
    ast.MatchSequence: _sequence,
    ast.MatchSingleton: _singleton,
    ast.MatchValue: _value,
}
