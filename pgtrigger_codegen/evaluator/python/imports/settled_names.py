"""Names of packages whose values are known without executing the module that has them.

`psycopg.__version__` is asked for by code that decides between two releases, and importing psycopg
executes a hundred modules. A name that a module binds once, by an assignment of a constant or by an
import from another module, has a value that nothing else in the module can change, if the value
itself cannot change.

What else the module does when it is imported is left out then, as it is where nobody asks for a
name of it. So a package of which any file has a word in it that leads to declarations is executed
as always.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from pgtrigger_codegen.evaluator.modules.missing_imports import absolute_name
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module

# What could give a name another value without writing it down as a name.
_HIDDEN_WAYS = re.compile(
    r"globals\(|vars\(|locals\(|__dict__|setattr|exec\(|modules|\bimport[\s\\]*\*"
)
_CONSTANT = re.compile(r"__\w+__|[A-Z][A-Z0-9_]*")
_IMMUTABLE = (str, bytes, int, float, bool, type(None))


def settled(vm: Machine, module: str, name: str) -> Any:
    """The value of a name of a package's module, `NotImplemented` where it has to be executed."""
    if (
        vm.loader.is_eager
        or module in vm.scopes
        or not _CONSTANT.fullmatch(name)
        or vm.loader.is_first_party(module)
    ):
        return NotImplemented
    source = vm.loader.load(module)
    if isinstance(source, Unknown) or (node := _only_binding(source, name)) is None:
        return NotImplemented
    if vm.loader.package_mentions(module, vm.domain.words):
        return NotImplemented
    if isinstance(node, ast.ImportFrom):
        return _imported(vm, source, node, name)
    assert isinstance(node.value, ast.Constant)
    return node.value.value


def _imported(vm: Machine, module: Module, node: ast.ImportFrom, name: str) -> Any:
    """The value of a name that comes from another module, if nothing can change it."""
    base = absolute_name(module.package, node)
    original = next(one.name for one in node.names if (one.asname or one.name) == name)
    if base in (None, "", module.name) or vm.loader.find(f"{base}.{original}") is not None:
        return NotImplemented
    value = vm.module_attribute(str(base), original, module.span(node))
    return value if isinstance(value, (*_IMMUTABLE, Unknown)) else NotImplemented


def _only_binding(module: Module, name: str) -> ast.Assign | ast.AnnAssign | ast.ImportFrom | None:
    """The statement by which alone a module binds a name, if it says what to."""
    found = [node for node in module.tree.body if _gives(node, name)]
    if module.is_stub or len(found) != 1 or _HIDDEN_WAYS.search(module.text):
        return None
    node = found[0]
    rest = "\n".join([*module.lines[: node.lineno - 1], *module.lines[node.end_lineno :]])
    # In quotes it is a part of `__all__`, which binds nothing.
    if re.search(rf"(?<![\w'\"]){re.escape(name)}(?![\w'\"])", rest):
        return None
    assert isinstance(node, ast.Assign | ast.AnnAssign | ast.ImportFrom)
    return node


def _gives(node: ast.stmt, name: str) -> bool:
    """Whether a statement binds a name to a constant, or to what another module has."""
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant()):
            return target == name
        case ast.AnnAssign(target=ast.Name(id=target), value=ast.Constant()):
            return target == name
        case ast.ImportFrom():
            return any((one.asname or one.name) == name for one in node.names)
        case _:
            return False
