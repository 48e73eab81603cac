"""Stage project: the branch that manage.py takes where it checks `sys.argv`.

What is declared counts for the program that migrates, so `sys.argv` is that of `migrate`, as the
evaluator takes it too.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from pgtrigger_codegen.evaluator.python.imports.module_names import COMMAND_LINE

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}


def holds_for_migrate(test: ast.expr) -> bool | None:
    """Whether a condition on `sys.argv` holds for `manage.py migrate`.

    None when it is about something else, in part or as a whole, which could decide it.
    """
    if not any(_is_argv(node) for node in ast.walk(test)):
        return None
    try:
        return _truth(test)
    except (_Other, TypeError, LookupError):
        return None


class _Other(Exception):
    """An expression that is not about `sys.argv` alone."""


def _truth(node: ast.expr) -> bool:
    match node:
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            other: _Other | None = None
            for value in values:
                try:
                    if _truth(value) is decisive:
                        return decisive
                except _Other as error:
                    other = error
            if other is not None:
                raise other
            return not decisive
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _truth(operand)
        case _:
            return bool(_value(node))


def _value(node: ast.expr) -> Any:
    match node:
        case _ if _is_argv(node):
            return list(COMMAND_LINE)
        case ast.Constant(value=str() | int() as value):
            return value
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            values = [_value(element) for element in elements]
            return values if isinstance(node, ast.List) else tuple(values)
        case ast.Call(func=ast.Name(id="len"), args=[argument], keywords=[]):
            return len(_value(argument))
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
            start, stop = (None if end is None else _value(end) for end in (lower, upper))
            return _value(value)[start:stop]
        case ast.Subscript(value=value, slice=index):
            return _value(value)[_value(index)]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return _COMPARISONS[type(op)](_value(left), _value(right))
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return _truth(node)
        case _:
            raise _Other


def _is_argv(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="sys"), attr="argv") | ast.Name(id="argv"):
            return True
        case _:
            return False
