"""Which modules read what others change, as they are imported: by their text alone.

`COUNT = len(NAMES)` depends on what `NAMES` has in it when the module is imported. Executed when a
name of it is needed, the module would find what others have added since.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Iterator

from pgtrigger_codegen.evaluator.modules.origins import (
    OUTSIDE,
    Function,
    Origin,
    Origins,
    definitions,
    executed,
)
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import children, walk

_PLAIN = (ast.Constant, ast.JoinedStr, ast.Tuple, Function, ast.Lambda)


class StateReaders:
    """What modules that change others get hold of, and who reads that as it is imported."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._within_reach: set[Hashable] = set()
        self._modules: set[str] = set()

    def note_acting(self, module: Module) -> None:
        """Remembers what a module that changes others gets hold of."""
        imports = [
            node for node in walk(module.tree) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        for _, origin in self._origins.imported(module, imports):
            if origin.module not in OUTSIDE:
                self._within_reach.add(self._key(origin))
                owner = self._origins.definition(origin)[0]
                self._modules.add(origin.module if owner is None else owner.name)
            elif OUTSIDE[origin.module] in module.text:
                self._within_reach.add(origin.module)

    def reads(self, module: Module) -> bool:
        """Whether statements that run at import read what a module that was noted may change."""
        imports = self._origins.imports_of(module)
        found = [origin for origin in imports.values() if self._may_be_changed(origin)]
        if not found:
            return False
        names = {name for name, origin in imports.items() if origin in found}
        return any(
            self._is_state(module, part)
            for node in executed(module.tree.body, lambda _: True)
            for part in _uses(node, names)
        )

    def _may_be_changed(self, origin: Origin) -> bool:
        if origin.module in OUTSIDE:
            return origin.module in self._within_reach
        if origin.name is None:
            inside = f"{origin.module}."
            return any(f"{module}.".startswith(inside) for module in self._modules)
        return (
            self._key(origin) in self._within_reach
            or (origin.module, None) in self._within_reach
            or self._looks_there(origin)
        )

    def _looks_there(self, origin: Origin) -> bool:
        """Whether a function uses what others may change of its own module."""
        owner, node = self._origins.definition(origin)
        if owner is None or owner.name not in self._modules or not isinstance(node, Function):
            return False
        own = definitions(owner)
        return any(
            isinstance(part, ast.Name)
            and part.id in own
            and not isinstance(own[part.id], _PLAIN)
            and ((owner.name, own[part.id]) in self._within_reach)
            for part in walk(node)
        )

    def _is_state(self, module: Module, node: ast.expr) -> bool:
        """Whether what an expression leads to can be another thing later."""
        origin = self._origins.resolve(module, node)
        if origin is None:
            # Of a class an attribute; of a name from outside, whatever it is.
            return isinstance(node, ast.Attribute)
        if origin.module in OUTSIDE:
            return True
        if not self._may_be_changed(origin):
            return False
        owner, found = self._origins.definition(origin)
        if owner is None:
            return False
        return self._looks_there(origin) or not isinstance(found, (*_PLAIN, ast.ClassDef))

    def _key(self, origin: Origin) -> Hashable:
        owner, node = self._origins.definition(origin)
        if owner is None or node is None:
            return origin.module, origin.name
        return owner.name, node


def _uses(node: ast.stmt, names: set[str]) -> Iterator[ast.expr]:
    """The longest dotted names in a statement's own expressions that start from certain names."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return
    pending: list[ast.AST] = [*_own_parts(node)]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Lambda):
            continue
        if isinstance(part, ast.Attribute | ast.Name):
            root: ast.expr = part
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name):
                if root.id in names and isinstance(root.ctx, ast.Load):
                    yield part
                continue
        pending += children(part)


def _own_parts(node: ast.stmt) -> Iterable[ast.AST]:
    if isinstance(node, Function):
        defaults = [one for one in (*node.args.defaults, *node.args.kw_defaults) if one]
        return [*node.decorator_list, *defaults]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *(keyword.value for keyword in node.keywords)]
    return [part for part in children(node) if isinstance(part, ast.expr | ast.withitem)]
