"""What expressions change, by their text: the objects of methods, arguments, parameters."""

from __future__ import annotations

import ast

from pgtrigger_codegen.evaluator.modules.origins import Function
from pgtrigger_codegen.source.nodes import walk

# Methods of containers and iterators that change them.
MUTATORS = frozenset(
    """
    __delitem__ __setattr__ __setitem__ add append appendleft clear discard extend extendleft
    insert pop popitem popleft remove reverse rotate send setdefault sort subtract throw update
    """.split()
)
# Functions of packages that change an argument.
CHANGING = frozenset(
    "delitem heapify heappop heappush heappushpop heapreplace iadd iconcat insort insort_left "
    "insort_right ior setitem shuffle".split()
)
ON_ARGUMENT = frozenset({"delattr", "next", "setattr"})


def changes_parameters(node: Function | ast.Lambda) -> bool:
    """Whether a function changes what it is given, by its text."""
    parameters = {one.arg for one in walk(node.args) if isinstance(one, ast.arg)}
    for part in walk(node):
        match part:
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in MUTATORS:
                changed = value
            case ast.Call(func=called, args=[first, *_]) if (
                last_name(called) in CHANGING | ON_ARGUMENT
            ):
                changed = first
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                changed = part
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                changed = part
            case ast.AugAssign(target=target):
                changed = target
            case _:
                continue
        if root_of(changed) in parameters:
            return True
    return False


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def root_of(node: ast.AST) -> str | None:
    """The name that an expression starts from; `vars(x)` starts from `x`."""
    while True:
        match node:
            case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
                node = value
            case ast.Call(func=ast.Name(id="vars"), args=[value]):
                node = value
            case ast.Call(func=value):
                node = value
            case ast.Name(id=name):
                return name
            case _:
                return None
