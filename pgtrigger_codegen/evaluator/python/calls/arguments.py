"""Checks the arguments of real calls: no interpreter objects, nothing endless, nothing unordered.

C code that is called with an endless iterator never returns, and one that is called with a
function calls it. So iterators are made lists first, within limits, and functions are wrapped:
a call of them comes back to the interpreter, with all its checks.
"""

from __future__ import annotations

import functools
import itertools
import operator
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any, cast

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup, packages
from pgtrigger_codegen.evaluator.library.kinds import is_query
from pgtrigger_codegen.evaluator.limits.sizes import bounded
from pgtrigger_codegen.evaluator.limits.weight import SCALARS
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import files
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_object
from pgtrigger_codegen.evaluator.python.objects.membrane import call_back, outward
from pgtrigger_codegen.evaluator.python.objects.text import RUN_TO_RUN, has_no_order
from pgtrigger_codegen.evaluator.values.callables import Opaque
from pgtrigger_codegen.evaluator.values.models import has_reference
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span


def _ids(*functions: Any) -> frozenset[int]:
    """Callables by identity: none of these ever goes, and asking takes one look."""
    return frozenset(map(identity, functions))


# They call one of their arguments, item by item: it is wrapped. Its position, if it has one.
_CALL_BACK: dict[Any, int | None] = {
    filter: 0,
    functools.reduce: 0,
    itertools.accumulate: 1,
    itertools.dropwhile: 0,
    itertools.filterfalse: 0,
    itertools.groupby: 1,
    itertools.starmap: 0,
    itertools.takewhile: 0,
    map: 0,
    max: None,
    min: None,
    sorted: None,
}
_CALLS_BACK = _ids(*_CALL_BACK)
_CALL_BACK_NAMES = ("key", "func", "function")
# They take one item for each that they give, and may be handed an endless iterator.
_LAZY = _ids(
    callable,
    enumerate,
    isinstance,
    itertools.accumulate,
    itertools.islice,
    itertools.pairwise,
    itertools.starmap,
    itertools.takewhile,
    itertools.zip_longest,
    iter,
    map,
    next,
    zip,
)
# They give a generator itself, or the next of its items.
_RESUMES = _ids(iter, next)
# They store what they are given.
_STORES = _ids(functools.partial, itertools.repeat, next)
# They keep or hand on their items without looking at them, the interpreter's own kinds too.
_HANDS_ON = _ids(
    OrderedDict,
    defaultdict,
    deque,
    dict,
    enumerate,
    functools.partial,
    iter,
    itertools.chain,
    itertools.islice,
    itertools.product,
    itertools.repeat,
    len,
    list,
    next,
    reversed,
    tuple,
    types.SimpleNamespace,
    zip,
    *_CALL_BACK,
)
# The order of a set's items makes no difference to them.
_ORDER_FREE = _ids(
    all, any, bool, callable, dict, frozenset, isinstance, len, max, min, set, sorted
)
# They only ask what a function is.
_ASKS = _ids(callable, isinstance)
# They take a range for what it is.
_TAKES_RANGE = _ids(len, reversed, enumerate, isinstance, iter, zip, map)
# Asked of every argument: unions would be made anew each time.
_SEQUENCES = (list, tuple)
_SETS = (set, frozenset)
_CONTAINERS = (list, tuple, dict, deque, *_SETS)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
# They hand on their items, but call the first argument.
_CALLS_FIRST = _ids(defaultdict, iter)


def prepare(
    vm: Machine,
    function: Any,
    receiver: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments for a real call.

    Args:
        receiver: The object whose method it is, or None.

    Raises:
        LimitPassed: An argument has too many items.
        Refusal: Real code must not be given one of them.
    """
    calls_back = _is(function, _CALLS_BACK)
    hands_on = _is(function, _HANDS_ON)
    stores = _is(function, _STORES)
    keyed = kwargs.get("key") is not None
    # While modules are read, a model cannot be rendered yet as it will be.
    takes_models = not vm.executing and _is_of_trigger_library(function)
    compares = isinstance(receiver, _CONTAINERS)

    def one(name: str | int, value: Any) -> Any:
        if calls_back and (name in _CALL_BACK_NAMES or name == _CALL_BACK[function]):
            return value if value is None else call_back(vm, value, span)
        if compares and type(value) in SCALARS:
            return value
        # A data class of the user's keeps what it is given, in order or by name.
        keeps = function is types.SimpleNamespace
        stored = stores or keeps or (hands_on and isinstance(name, str))
        _refuse_functions(function, value, span)
        if takes_models:
            value = vm.domain.rendered(vm, value)
        elif compares:
            WORK.items(len(receiver))
            if not has_reference([value, *receiver]):
                return _finite(function, value, span, hands_on=hands_on)
        if not stored and (not hands_on or is_own_kind(value)):
            _refuse_own_kinds(function, value, span)
        if not hands_on:
            _refuse_unknown_attributes(vm, value, span)
        if not hands_on or (name == 0 and _is(function, _CALLS_FIRST)):
            value = _outward(vm, function, value, span)
        if isinstance(value, _SETS) and has_no_order(value):
            free = isinstance(receiver, _SETS) or name in packages.ORDER_FREE_ARGUMENTS
            free = free or str(getattr(function, "__module__", "")).startswith(
                packages.ORDER_FREE_MODULES
            )
            if not free and (keyed or not _is(function, _ORDER_FREE)):
                raise Refusal(Unknown(RUN_TO_RUN, span))
        return _finite(function, value, span, hands_on=hands_on)

    return (
        tuple(one(index, value) for index, value in enumerate(args)),
        {name: one(name, value) for name, value in kwargs.items()},
    )


def call_library_object(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """Calls of what `partial` and `operator` make, opened; `NotImplemented` for all else."""
    if files.is_file_method(function):
        return files.call_file_method(vm, function, args, kwargs, span)
    match function:
        case functools.partial():
            keywords = {**function.keywords, **kwargs}
            return vm.apply(function.func, (*function.args, *args), keywords, span)
        case operator.methodcaller() if len(args) == 1:
            made: Any
            made, given = cast("tuple[Any, ...]", function.__reduce__())[:2]
            keywords = made.keywords if isinstance(made, functools.partial) else {}
            whole: list[Any] = [*getattr(made, "args", ()), *given]
            name, *rest = whole
            method = vm.attribute(args[0], name, span)
            return vm.apply(method, tuple(rest), keywords, span)
        case operator.attrgetter() if len(args) == 1:
            found = [
                functools.reduce(
                    lambda value, part: vm.attribute(value, part, span),
                    path.split("."),
                    args[0],
                )
                for path in function.__reduce__()[1]
            ]
            return found[0] if len(found) == 1 else tuple(found)
        case operator.itemgetter() if len(args) == 1:
            found = [vm.subscript(args[0], key, span) for key in function.__reduce__()[1]]
            return found[0] if len(found) == 1 else tuple(found)
        case types.MethodType():
            return vm.domain.called(vm, function, args, kwargs, span)
    return NotImplemented


def _is(function: Any, functions: frozenset[int]) -> bool:
    """Whether a callable is one of these; a user's own `__eq__` or `__hash__` is not asked."""
    return identity(function) in functions


def _refuse_own_kinds(function: Any, value: Any, span: Span) -> None:
    for item in value if isinstance(value, _SEQUENCES) else (value,):
        if isinstance(item, Opaque):
            if not _keeps_opaque(function):
                raise Refusal(Unknown(f"`{item.dotted}` is given to a call here", span))
        elif is_own_kind(item) or is_query(item):
            raise Refusal(Unknown(f"{describe(item)} is given to a call here", span))


def _refuse_unknown_attributes(vm: Machine, value: Any, span: Span) -> None:
    if is_user_object(vm, value):
        unknown = first_unknown(list(getattr(value, "__dict__", {}).values()))
        if unknown is not None:
            raise Refusal(unknown.with_note("used here", span))


def _refuse_functions(function: Any, value: Any, span: Span) -> None:
    """A function that is not listed is not handed to code that may call it."""
    for item in value if isinstance(value, _SEQUENCES) else (value,):
        listed = not (isinstance(item, Opaque) and isinstance(item.real, _FUNCTIONS))
        if not listed and not _keeps_opaque(function):
            raise Refusal(Unknown(f"`{item.dotted}` is given to a call here", span))


def _is_of_trigger_library(function: Any) -> bool:
    """Whether it is a callable of django-pgtrigger's or its like, or derives from such a class."""
    classes = function.__mro__ if isinstance(function, type) else (function,)
    modules = (str(getattr(value, "__module__", "")) for value in classes)
    return any(map(lookup.is_package_of_trigger_library, modules))


def _keeps_opaque(function: Any) -> bool:
    """Whether a call only stores what it is given, or asks what it is."""
    module = str(getattr(function, "__module__", None) or "")
    return module.startswith(packages.STORING_MODULES) or _is(function, _ASKS)


def _outward(vm: Machine, function: Any, value: Any, span: Span) -> Any:
    """A value for a call; a library may know its own functions (`CASCADE`) by identity."""
    if isinstance(value, types.FunctionType) and str(value.__module__).startswith(
        packages.KNOWN_BY_IDENTITY
    ):
        return value
    return value if _is(function, _ASKS) else outward(vm, value, span)


def _finite(function: Any, value: Any, span: Span, *, hands_on: bool) -> Any:
    if isinstance(value, range):
        if _is(function, _TAKES_RANGE):
            return value
        return list(bounded(value))
    if isinstance(value, types.GeneratorType) and _is(function, _RESUMES):
        return value
    if isinstance(value, types.GeneratorType) and getattr(function, "__name__", "") != "join":
        return _known(value, span, hands_on=hands_on)  # each item costs steps: it ends
    if hasattr(type(value), "__next__") and not _is(function, _LAZY):
        return list(_known(bounded(value), span, hands_on=hands_on))
    return value


def _known(items: Iterable[Any], span: Span, *, hands_on: bool) -> Iterator[Any]:
    for item in items:
        if (unknown := first_unknown(item)) is not None:
            raise Refusal(unknown.with_note("used here", span))
        if not hands_on:
            _refuse_own_kinds(None, item, span)
        yield item
