"""The order in which Django would import modules, from their import statements alone.

The order of a model's fields follows the order in which its abstract bases were defined, and
so the order of imports; `ReadOnly(exclude=…)` puts that order into a trigger's condition.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.missing_imports import absolute_name
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module

_LINES = 1_000_000  # more than a file has


class ImportOrder:
    """A walk over import statements as Python would take it.

    Only the project's modules and the packages named in `packages` are opened: others cannot
    import the project's, and nothing else about them matters here.

    Attributes:
        modules: Names of the modules that were opened, in the order they begin to execute.
        imports: By module that was opened: what its top level imports, with the line.
    """

    def __init__(self, loader: ModuleLoader, roots: Iterable[str]) -> None:
        self.modules: list[str] = []
        self.imports: dict[str, list[tuple[int, str]]] = {}
        self._loader = loader
        self._last_line: dict[str, int] = {}
        self._clock = 0
        # By module: from which line on it executes at which time.
        self._segments: dict[str, list[tuple[int, int]]] = {}
        # By module of a package from outside: which other imports it, in which line.
        self._importers: dict[str, tuple[str, int]] = {}
        for root in roots:
            self._visit(root)

    def position(self, module: str, line: int) -> tuple[int, float] | None:
        """When a line of a module executes, comparable between modules."""
        self._visit(module)  # not reached from the roots: it comes after them all
        segments = self._segments.get(module)
        if not segments:
            return None
        alone = max(start for at, start in segments if at <= line), float(line)
        if module not in self._importers:
            return alone
        # As a whole where another module of its package imports it, if that was earlier.
        importer, at = self._importers[module]
        clock = self._segments[importer][0][1]
        return min(alone, (clock, at + line / _LINES))

    def open_package(self, name: str) -> None:
        """Looks into a module of a package from outside, for the order of what it imports."""
        self._visit(name)
        module = self._loader.load(name)
        if isinstance(module, Unknown) or module.first_party or not self._segments.get(name):
            return
        for line, target in imported_modules(module, self._loader):
            if not self._loader.is_first_party(target) and target not in self._importers:
                self._importers[target] = (name, line)

    def _visit(self, name: str) -> None:
        """Imports a module and the packages above it, each once."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            self._visit_one(".".join(parts[:end]))

    def _visit_one(self, name: str) -> None:
        # An explicit stack: import chains can be longer than Python's recursion limit.
        if not self._begin(name):
            return
        stack = [(name, self._imports(name))]
        while stack:
            current, imports = stack[-1]
            for line, target in imports:
                if self._begin(target):
                    stack.append((target, self._imports(target)))
                    break
                self._tick(current, line)
            else:
                stack.pop()
                if stack:
                    self._tick(stack[-1][0], self._last_line.get(stack[-1][0], 0))

    def _begin(self, name: str) -> bool:
        if name in self._segments:
            return False
        location = self._loader.find(name)
        if location is None or location.path is None:
            self._segments[name] = []
            return False
        if not location.first_party:
            # A package from outside executes as a whole when it is first imported.
            self._clock += 1
            self._segments[name] = [(0, self._clock)]
            return False
        self._clock += 1
        self._segments[name] = [(0, self._clock)]
        self.modules.append(name)
        return True

    def _imports(self, name: str) -> Iterator[tuple[int, str]]:
        module = self._loader.load(name)
        if isinstance(module, Unknown):
            return
        self.imports[name] = top_level_imports(module, self._loader)
        for line, target in self.imports[name]:
            self._last_line[name] = line
            yield line, target

    def _tick(self, name: str, line: int) -> None:
        """Code after an import executes later than what the import executed."""
        segments = self._segments[name]
        if segments and segments[-1][1] < self._clock:
            self._clock += 1
            segments.append((line, self._clock))


def top_level_imports(module: Module, loader: ModuleLoader) -> list[tuple[int, str]]:
    """`imported_modules` of a module's own top level, found out once."""
    known: dict[str, list[tuple[int, str]]] = loader.found_out.setdefault(ImportOrder, {})
    if module.name not in known:
        known[module.name] = list(imported_modules(module, loader))
    return known[module.name]


def imported_modules(
    module: Module, loader: ModuleLoader, body: list[ast.stmt] | None = None
) -> Iterator[tuple[int, str]]:
    """Modules that a module's top level imports, packages first, with the line.

    Args:
        body: Statements to look at instead of the module's own top level.
    """
    for node in imports_in(module.tree.body if body is None else body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from ((node.lineno, name) for name in _with_parents(alias.name))
        else:
            base = absolute_name(module.package, node)
            if not base:
                continue
            yield from ((node.lineno, name) for name in _with_parents(base))
            location = loader.find(base)
            if location is not None and (location.is_package or location.path is None):
                for alias in node.names:
                    if loader.find(f"{base}.{alias.name}") is not None:
                        yield node.lineno, f"{base}.{alias.name}"


def imports_in(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports among the statements that run at import, compound ones opened, in order."""
    for node in body:
        if type(node) in _MOST:
            continue
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.If():
                if not _is_type_checking(node.test):
                    yield from imports_in(node.body)
                yield from imports_in(node.orelse)
            case ast.Try() | ast.TryStar():
                for part in (node.body, *(handler.body for handler in node.handlers)):
                    yield from imports_in(part)
                yield from imports_in(node.orelse)
                yield from imports_in(node.finalbody)
            case ast.With() | ast.For() | ast.While() | ast.ClassDef():
                yield from imports_in(node.body)


# What there is most of, in models above all, and never holds an import that runs with the module.
_MOST = frozenset({ast.Assign, ast.AnnAssign, ast.Expr, ast.FunctionDef})


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])
