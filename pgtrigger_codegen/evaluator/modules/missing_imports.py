"""Imports of the project's own code that lead nowhere.

Python would stop at such an import. A file that is not there yet, not there any more or written in
another case may declare triggers, so that nothing can be said of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from pgtrigger_codegen.evaluator.modules.bound_names import bound_names
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.source.mentions import mentions
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.unread import GapKind, Unread

# Files that are made when a package is built, and that cannot hold models.
_MADE_BY_BUILDS = ("_version", "version", "_pb2", "_pb2_grpc")
# A package that does one of these may have any name.
_ANY_NAME = ("globals()", "sys.modules", "__getattr__", "__path__")
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def missing_imports(
    loader: ModuleLoader, bodies: Iterable[tuple[Module, list[ast.stmt]]]
) -> Iterator[Unread]:
    """What statements of modules import in any case, and what is not there."""
    packages = _Packages(loader)
    for module, body in bodies:
        for node in _unconditional(body):
            for target in packages.missing(module, node):
                yield missing_import(loader, target, module, node)


def missing_import(loader: ModuleLoader, target: str, module: Module, node: ast.stmt) -> Unread:
    """The fact for one import."""
    leaf = target.rpartition(".")[2]
    reason = f"`{target}` is imported and is not there"
    for other in _neighbours(loader, target):
        if other.lower() == f"{leaf.lower()}.py":
            reason += f" (`{other}` is, in another case)"
    package = _missing_package(loader, target)
    return Unread(GapKind.MISSING_IMPORT, reason, module.span(node), package=package)


def _missing_package(loader: ModuleLoader, target: str) -> str:
    """What is missing as a whole: the outermost package that is not there.

    A namespace package itself where that is a part of one: its other parts come with other
    distributions, none of which is here.
    """
    parts = target.split(".")
    names = [".".join(parts[: count + 1]) for count in range(len(parts))]
    there = [name for name in names if loader.find(name) is not None]
    parent = loader.find(there[-1]) if there else None
    if parent is not None and parent.is_namespace:
        return there[-1]
    return names[len(there)] if len(there) < len(names) else target


def absolute_name(package: str, node: ast.ImportFrom) -> str | None:
    """The dotted name that a `from … import` starts from; None when it climbs too high."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    if node.level > len(parts):
        return None
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def missing_modules(
    loader: ModuleLoader, module: Module, node: ast.Import | ast.ImportFrom
) -> Iterator[str]:
    """The modules that a statement imports and that are not there."""
    return _Packages(loader).missing(module, node)


def is_missing(loader: ModuleLoader, target: str) -> bool:
    """Whether a module of the project would be meant, and there is none."""
    return (
        loader.find(target) is None
        and loader.is_first_party(target.partition(".")[0])
        and not target.endswith(_MADE_BY_BUILDS)
    )


class _Packages:
    def __init__(self, loader: ModuleLoader) -> None:
        self._loader = loader
        self._names: dict[str, frozenset[str] | None] = {}

    def missing(self, module: Module, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """The modules that a statement imports and that are not there."""
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if is_missing(self._loader, a.name))
            return
        base = absolute_name(module.package, node)
        if not base:
            return
        location = self._loader.find(base)
        if location is None:
            if is_missing(self._loader, base):
                yield base
        elif location.is_package and location.first_party:
            for alias in node.names:
                dotted = f"{base}.{alias.name}"
                if is_missing(self._loader, dotted) and not self._may_have(base, alias.name):
                    yield dotted

    def _may_have(self, package: str, name: str) -> bool:
        """Whether a package has, or may have, a name of its own."""
        if name == "*" or (name.startswith("__") and name.endswith("__")):
            return True
        if package not in self._names:
            self._names[package] = self._bound(package)
        names = self._names[package]
        return names is None or name in names

    def _bound(self, package: str) -> frozenset[str] | None:
        location = self._loader.find(package)
        if location is None or (location.path is None and not location.is_namespace):
            return None
        if location.path is None:
            return frozenset()
        module = self._loader.load(package)
        if not isinstance(module, Module) or any(mark in module.text for mark in _ANY_NAME):
            return None
        names: set[str] = set()
        for node in module.tree.body:
            names |= bound_names(node)
        return None if "*" in names else frozenset(names)


def _unconditional(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that run whenever the module does, and that nothing catches."""
    for node in body:
        if type(node) not in _WITH_IMPORTS:
            continue
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.ClassDef():
                yield from _unconditional(node.body)
            case ast.With():
                if not any(mentions(item.context_expr, "suppress") for item in node.items):
                    yield from _unconditional(node.body)
            case ast.Try() | ast.TryStar():
                if not any(_catches_import_errors(handler) for handler in node.handlers):
                    yield from _unconditional(node.body)
                yield from _unconditional(node.finalbody)
            case _:
                pass


# Nearly all statements are none of these: that is found out sooner than which they are.
_WITH_IMPORTS = frozenset(
    {ast.Import, ast.ImportFrom, ast.ClassDef, ast.With, ast.Try, ast.TryStar}
)


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(
        getattr(node, "id", getattr(node, "attr", None)) in _IMPORT_ERRORS
        for node in ast.walk(handler.type)
    )


def _neighbours(loader: ModuleLoader, target: str) -> list[str]:
    parent = loader.find(target.rpartition(".")[0])
    names: list[str] = []
    for folder in parent.search_paths if parent is not None else ():
        try:
            names += [path.name for path in folder.iterdir()]
        except OSError:
            continue
    return names
