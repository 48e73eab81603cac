"""Stage source: what is in a piece of code, and answers that are kept with it.

`ast.walk` and `ast.iter_child_nodes` ask each node for fields that hold no nodes, and make two
generators for each: on projects with their packages that took a tenth of a run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

_Found = TypeVar("_Found")


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, level by level as `ast.walk` has them.

    Contexts (`ast.Load`) and operators are left out: all nodes of a kind share one.
    """
    nodes = [node]
    for part in nodes:
        for name in _FIELDS[type(part)]:
            value = getattr(part, name, None)
            if isinstance(value, list):
                nodes += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
        yield part


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below one, in order, but for contexts and operators."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def kept(node: ast.AST, question: str, find_out: Callable[[ast.AST], _Found]) -> _Found:
    """An answer that depends on a piece of code alone: it is found once, and kept with the code.

    Args:
        question: Its name, by which it is kept.
    """
    found = vars(node).get(_ANSWERS)
    if found is None:
        found = _Answers()
        setattr(node, _ANSWERS, found)
    if question not in found:
        found[question] = find_out(node)
    answer: _Found = found[question]
    return answer


def forget(node: ast.AST) -> None:
    """Drops what is kept with a node: it is a copy, and becomes another one."""
    vars(node).pop(_ANSWERS, None)


class _Answers(dict[str, Any]):
    """What is known of a node; nothing of a deep copy, in which anything may be changed."""

    def __deepcopy__(self, memo: object) -> _Answers:
        return _Answers()


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """For each class of nodes, the fields that can hold nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        known = tuple(name for name in kind._fields if (kind, name) not in _PLAIN | _SHARED)
        self[kind] = known
        return known


_PLAIN = {
    *((ast.Attribute, "attr"), (ast.ClassDef, "name"), (ast.Constant, "kind")),
    *((ast.Constant, "value"), (ast.FunctionDef, "name"), (ast.FunctionDef, "type_comment")),
    *((ast.Global, "names"), (ast.Name, "id"), (ast.Nonlocal, "names"), (ast.alias, "name")),
    *((ast.alias, "asname"), (ast.arg, "arg"), (ast.arg, "type_comment"), (ast.keyword, "arg")),
    *((ast.Assign, "type_comment"), (ast.ImportFrom, "level"), (ast.ImportFrom, "module")),
}
_SHARED = {
    *((ast.Attribute, "ctx"), (ast.List, "ctx"), (ast.Name, "ctx"), (ast.Starred, "ctx")),
    *((ast.Subscript, "ctx"), (ast.Tuple, "ctx"), (ast.AugAssign, "op"), (ast.BinOp, "op")),
    *((ast.BoolOp, "op"), (ast.Compare, "ops"), (ast.UnaryOp, "op")),
}
_FIELDS = _Fields()
_ANSWERS = "answers"
