"""Python's operators: applied to real values, and refused for unknown ones."""

from __future__ import annotations

import ast
import enum
import operator
from collections.abc import Callable
from typing import Any

from pgtrigger_codegen.evaluator.limits.operators import check_binary
from pgtrigger_codegen.evaluator.limits.sizes import checked
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.limits.weight import SCALARS, weigh
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import membrane, namespaces
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_plain
from pgtrigger_codegen.evaluator.python.objects.text import as_text
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread, used
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import ThroughModel
from pgtrigger_codegen.evaluator.values.namespaces import namespace_behind
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import as_type
from pgtrigger_codegen.source.span import Span

BINARY: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
    ast.LShift: ("<<", operator.lshift),
    ast.RShift: (">>", operator.rshift),
    ast.BitOr: ("|", operator.or_),
    ast.BitXor: ("^", operator.xor),
    ast.BitAnd: ("&", operator.and_),
    ast.MatMult: ("@", operator.matmul),
}

IN_PLACE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd,
    ast.Sub: operator.isub,
    ast.Mult: operator.imul,
    ast.Div: operator.itruediv,
    ast.FloorDiv: operator.ifloordiv,
    ast.Mod: operator.imod,
    ast.Pow: operator.ipow,
    ast.LShift: operator.ilshift,
    ast.RShift: operator.irshift,
    ast.BitOr: operator.ior,
    ast.BitXor: operator.ixor,
    ast.BitAnd: operator.iand,
    ast.MatMult: operator.imatmul,
}

UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}


def binary(vm: Machine, operator: ast.operator, left: Any, right: Any, span: Span) -> Any:
    """`left <operator> right`."""
    symbol, function = BINARY[type(operator)]
    if symbol == "+" and (joined := _join_partly_known(left, right)) is not None:
        return joined
    inert = symbol == "+" and type(left) is type(right) and isinstance(left, list | tuple)
    if not inert:
        for operand in (left, right):
            if isinstance(operand, enum.auto):
                return Unknown("what `auto()` gives is not known in the body of the class", span)
            if (unknown := first_unknown(operand)) is not None:
                return used(unknown, span)
            if not is_plain(operand):
                return Unknown(f"`{symbol}` on {describe(operand)} is not evaluated", span)
        if symbol == "%" and isinstance(left, str) and (refused := _refuse_text(right, span)):
            return refused
    if not inert:
        left, right = as_type(left), as_type(right)
    try:
        check_binary(symbol, left, right)
    except LimitPassed as error:
        return Unknown(str(error), span)
    result = vm.attempt(span, lambda: checked(function(left, right)))
    if symbol in ("+", "*") and type(result) in (list, tuple):
        return result  # of items that the interpreter had already
    return vm.domain.note_origin(vm, membrane.inward(vm, result), span)


def _join_partly_known(left: Any, right: Any) -> list[Any] | None:
    """`known + [unknown]` keeps what is known of a list, so that no item of it is lost."""
    if isinstance(left, Unknown) and isinstance(right, list | tuple):
        return [spread(left), *right]
    if isinstance(right, Unknown) and isinstance(left, list | tuple):
        return [*left, spread(right)]
    return None


def _refuse_text(value: Any, span: Span) -> Unknown | None:
    items = (
        value
        if isinstance(value, tuple)
        else value.values()
        if isinstance(value, dict)
        else [value]
    )
    for item in items:
        text = as_text(item, span)
        if isinstance(text, Unknown):
            return text
    return None


def compare(vm: Machine, operator: ast.cmpop, left: Any, right: Any, span: Span) -> Any:
    """`left <operator> right`, for one pair of a chain."""
    if type(left) not in SCALARS or type(right) not in SCALARS:
        compared = vm.domain.compared(vm, left, right, span)
        if isinstance(compared, Unknown):
            return compared
        left, right = compared
    known = not isinstance(left, Unknown) and not isinstance(right, Unknown)
    if isinstance(operator, ast.Is | ast.IsNot) and known:
        return _are_identical(left, right) == isinstance(operator, ast.Is)
    if isinstance(operator, ast.In | ast.NotIn) and namespace_behind(right) is not None:
        return namespaces.has(vm, right, left, span, wanted=isinstance(operator, ast.In))
    for operand in (left, right):
        if (unknown := first_unknown(operand)) is not None:
            return used(unknown, span)
    if isinstance(operator, ast.In | ast.NotIn):
        if is_own_kind(right):
            return Unknown(f"what {describe(right)} contains is not known", span)
        if hasattr(type(right), "__next__") or (
            isinstance(right, range) and not isinstance(left, int)
        ):
            right = iterate(vm, right, span)
            if isinstance(right, Unknown):
                return right
    if type(left) not in SCALARS and not _is_weighable(left, right):
        return Unknown("values of such a size are not compared", span)
    WORK.text(right)
    return vm.attempt(span, COMPARE[type(operator)], *_compared(operator, left, right))


def _compared(operator: ast.cmpop, left: Any, right: Any) -> tuple[Any, Any]:
    """Two values for Python to compare: which class is equal to which, classes themselves say."""
    if isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
        return left, right
    return as_type(left), as_type(right)


def _are_identical(left: Any, right: Any) -> bool:
    """`left is right`; of what stands for one thing there may be several."""
    return left is right or (isinstance(left, Special | ThroughModel) and bool(left == right))


def _is_weighable(left: Any, right: Any) -> bool:
    """Whether one of two values is small enough to be compared with all that it holds."""
    for operand in (left, right):
        try:
            weigh(operand)
        except LimitPassed:
            continue
        return True
    return False
