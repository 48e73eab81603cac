"""Where names of the project's modules come from, read from imports and definitions alone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pgtrigger_codegen.evaluator.modules.import_order import imports_in
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.missing_imports import absolute_name
from pgtrigger_codegen.source.module import Module

Function = ast.FunctionDef | ast.AsyncFunctionDef
OUTSIDE = {"django.conf": "settings", "os": "environ", "sys": "modules"}
"""Modules that are not the project's, and what of them it changes."""


class Origin(NamedTuple):
    """Where a name of a module comes from: another module, or a name of one."""

    module: str
    name: str | None


class Origins:
    """Answers for the modules of one project."""

    def __init__(self, loader: ModuleLoader) -> None:
        self._loader = loader
        self._imports: dict[str, dict[str, Origin]] = {}

    def imports_of(self, module: Module) -> dict[str, Origin]:
        """What the imports of a module's top level bind, of the project's own and what counts."""
        if module.name not in self._imports:
            self._imports[module.name] = {}  # meanwhile, for imports of `*` in a circle
            self._imports[module.name] = dict(self.imported(module, imports_in(module.tree.body)))
        return self._imports[module.name]

    def imported(self, module: Module, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, Origin]]:
        """Names that import statements bind, with where they come from."""
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    if self._counts(name):
                        yield alias.asname or name, Origin(name, None)
            elif isinstance(node, ast.ImportFrom):
                base = absolute_name(module.package, node)
                if base and self._counts(base):
                    yield from self._from(base, node)

    def _from(self, base: str, node: ast.ImportFrom) -> Iterator[tuple[str, Origin]]:
        for alias in node.names:
            if alias.name == "*":
                for name in self._public(base):
                    yield name, Origin(base, name)
            elif self._loader.is_first_party(f"{base}.{alias.name}"):
                yield alias.asname or alias.name, Origin(f"{base}.{alias.name}", None)
            else:
                yield alias.asname or alias.name, Origin(base, alias.name)

    def _public(self, name: str) -> Iterator[str]:
        module = self._loader.load(name)
        if isinstance(module, Module):
            yield from self.imports_of(module)
            yield from (bound for bound in definitions(module) if not bound.startswith("_"))

    def _counts(self, module: str) -> bool:
        return self._loader.is_first_party(module) or module in OUTSIDE

    def of_bases(self, module: Module, node: ast.ClassDef) -> Iterator[Origin]:
        """The bases of a class that are of the project's own."""
        for base in node.bases:
            if (origin := self.resolve(module, base)) is not None and origin.name != node.name:
                yield origin

    def resolve(self, module: Module, node: ast.expr) -> Origin | None:
        """What a dotted name means at the top of a module, if that is of the project's own."""
        match node:
            case ast.Name():
                if node.id in self.imports_of(module):
                    return self.imports_of(module)[node.id]
                return Origin(module.name, node.id) if node.id in definitions(module) else None
            case ast.Attribute():
                inner = self.resolve(module, node.value)
                if inner is None or inner.name is not None:
                    return None
                dotted = f"{inner.module}.{node.attr}"
                submodule = self._loader.is_first_party(dotted)
                return Origin(dotted, None) if submodule else Origin(inner.module, node.attr)
            case ast.Subscript():
                return self.resolve(module, node.value)
        return None

    def definition(self, origin: Origin) -> tuple[Module | None, ast.AST | None]:
        """What binds a name: a definition, or the value that is assigned; and the module of that.

        Returns:
            None for the module where it is not the project's, for the node where it is not seen.
        """
        seen: set[Origin] = set()
        while origin not in seen and self._loader.is_first_party(origin.module):
            seen.add(origin)
            module = self._loader.load(origin.module)
            if not isinstance(module, Module) or origin.name is None:
                return None, None
            if (further := self.imports_of(module).get(origin.name)) is not None:
                origin = further
                continue
            node = definitions(module).get(origin.name or "")
            if isinstance(node, ast.Name) and (named := self.resolve(module, node)) is not None:
                origin = named
                continue
            return module, node
        return None, None


def executed(body: Iterable[ast.stmt], concerns: Callable[[ast.AST], bool]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported, those in classes and blocks included.

    Args:
        concerns: Whether a statement, with all within, is wanted.
    """
    pending: list[ast.AST] = [*reversed(list(body))]
    while pending:
        node = pending.pop()
        if not concerns(node):
            continue
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, _HOLDING):
            inner = (getattr(node, name, ()) for name in _BLOCKS)
            pending += [part for block in inner for part in block][::-1]


def definitions(module: Module) -> dict[str, ast.AST]:
    """What each name of a module's top level is: its definition, or the value assigned to it."""
    found: dict[str, ast.AST] | None = vars(module.tree).get(_DEFINITIONS)
    if found is None:
        found = {}
        for node in module.tree.body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    found[node.name] = node
                case ast.Assign(targets=targets, value=value):
                    found.update((one.id, value) for one in targets if isinstance(one, ast.Name))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    found[name] = value
        setattr(module.tree, _DEFINITIONS, found)
    return found


def methods(node: ast.ClassDef) -> Iterator[Function]:
    """The functions in the body of a class."""
    return (part for part in node.body if isinstance(part, Function))


_DEFINITIONS = "definitions"
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
_HOLDING = (
    *(ast.AsyncFor, ast.AsyncWith, ast.ClassDef, ast.ExceptHandler, ast.For, ast.If, ast.Match),
    *(ast.Try, ast.TryStar, ast.While, ast.With, ast.match_case),
)
