"""Stage source: places where code names triggers by their URIs to django-pgtrigger, at run time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from pgtrigger_codegen.source.nodes import children, walk

_FUNCTIONS = frozenset(
    "ignore is_ignored constraints install uninstall enable disable registered".split()
)
_LIBRARY = "pgtrigger"
_NAMES = [name.encode() for name in sorted(_FUNCTIONS)]
_CALL = re.compile(rb"\b(?:" + b"|".join(_NAMES) + rb")\s*\(")


class UriUse(Struct, frozen=True):
    """A call that takes URIs.

    Attributes:
        function: The function of django-pgtrigger.
        call: The call itself.
        uris: The URIs that are literals.
        is_complete: Whether these are all that are passed.
    """

    function: str
    call: ast.Call
    uris: tuple[ast.Constant, ...]
    is_complete: bool


def may_name_uris(content: bytes) -> bool:
    """Whether a file may have such calls, by its words."""
    return (
        _LIBRARY.encode() in content
        # A word is found many times as fast as the expression.
        and any(name in content for name in _NAMES)
        and _CALL.search(content) is not None
    )


def uri_uses(tree: ast.Module) -> Iterator[UriUse]:
    """The calls, without those whose failure a `try` may deal with."""
    names = _imported(tree)
    pending: list[ast.AST] = [tree] if names else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Try | ast.TryStar) and node.handlers:
            pending += (*node.handlers, *node.orelse, *node.finalbody)
            continue
        if isinstance(node, ast.Call) and (function := _function(node.func, names)) is not None:
            yield _use(function, node)
        pending += children(node)


def _imported(tree: ast.Module) -> Mapping[str, str]:
    """What names of the file stand for: the library (empty), or one of its functions."""
    found: dict[str, str] = {}
    for node in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == _LIBRARY:
                    found[alias.asname or alias.name] = ""
        elif isinstance(node, ast.ImportFrom) and node.module == _LIBRARY and not node.level:
            for alias in node.names:
                if alias.name in _FUNCTIONS:
                    found[alias.asname or alias.name] = alias.name
    return found


def _function(node: ast.expr, names: Mapping[str, str]) -> str | None:
    match node:
        case ast.Name(id=name):
            return names.get(name) or None
        case ast.Attribute(value=ast.Name(id=name), attr=function) if names.get(name) == "":
            return function if function in _FUNCTIONS else None
        case _:
            return None


def _use(function: str, call: ast.Call) -> UriUse:
    given = call.args[1:] if function == "constraints" else call.args
    literals = [
        item for item in given if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    return UriUse(function, call, tuple(literals), len(literals) == len(given))
