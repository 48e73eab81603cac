"""Stage models: bases from packages that no model and no trigger can come from, told from the text.

A schema, a serializer or a view derives from a class of a package, and often that takes a hundred
modules of the package to execute. Whether a class is a model does not: its bases and metaclasses
are followed by their names alone, from import to import. What cannot be followed so may be a model.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Collection, Iterator

from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.missing_imports import absolute_name
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk

_MOST_STEPS = 60
# Packages of Django in which there are no models, nor what derives from them.
_DJANGO = tuple(
    f"django.{name}."
    for name in "core dispatch forms http template templatetags test urls utils views".split()
)
# They hand on the class that they are given.
_DECORATORS = frozenset({"dataclass_transform", "final", "runtime_checkable", "total_ordering"})


class PlainBases:
    """Answers for the packages that one project uses."""

    def __init__(self, loader: ModuleLoader, marks: Collection[str]) -> None:
        """Takes the project.

        Args:
            marks: Words of which each module has one that may declare triggers.
        """
        self._loader = loader
        self._marks = marks
        self._known: dict[tuple[str, str], bool] = {}

    def is_plain(self, module: Module, base: ast.expr) -> bool:
        """Whether a base, as a module writes it, is certainly no model and declares nothing."""
        return self._expression(module, base, _MOST_STEPS)

    def _expression(self, module: Module, node: ast.expr, steps: int) -> bool:
        while isinstance(node, ast.Subscript):  # `Base[T]`
            node = node.value
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or not steps:
            return False
        bound = list(_binding(module, node.id))
        if not bound and not parts:
            return isinstance(getattr(builtins, node.id, None), type)
        return len(bound) == 1 and self._bound(module, bound[0], node.id, parts, steps - 1)

    def _bound(
        self, module: Module, node: ast.stmt, name: str, parts: list[str], steps: int
    ) -> bool:
        """Whether what a statement binds a name to is plain, or what some parts of it lead to."""
        match node:
            case ast.ClassDef() if not parts:
                metaclasses = [one.value for one in node.keywords if one.arg == "metaclass"]
                return (
                    all(map(_hands_on, node.decorator_list))
                    and all(one.arg for one in node.keywords)
                    and all(
                        self._expression(module, one, steps) for one in (*node.bases, *metaclasses)
                    )
                )
            case ast.Assign(targets=[ast.Name()], value=value) if not parts:
                return self._expression(module, value, steps)
            case ast.Import() | ast.ImportFrom():
                path = _imported(module, node, name)
                return bool(path) and self._dotted([*path, *parts], steps)
            case _:
                return False

    def _dotted(self, path: list[str], steps: int) -> bool:
        """Whether a name of a module is plain: `["ninja", "schema", "Schema"]`."""
        module, name = ".".join(path[:-1]), path[-1]
        top = path[0]
        if top in sys.stdlib_module_names and not self._loader.is_first_party(top):
            return True
        if top == "django":
            return f"{module}.".startswith(_DJANGO)
        if (module, name) not in self._known:
            self._known[module, name] = False  # as long as it leads back here
            self._known[module, name] = self._in_module(module, name, steps)
        return self._known[module, name]

    def _in_module(self, name: str, wanted: str, steps: int) -> bool:
        location = self._loader.find(name)
        if location is None or location.path is None or location.first_party:
            return False
        module = self._loader.load(name)
        if not isinstance(module, Module) or any(mark in module.text for mark in self._marks):
            return False
        if (relative := _made_on_demand(module, wanted)) is not None:
            return self._dotted([*module.package.split("."), *relative, wanted], steps - 1)
        bound = list(_binding(module, wanted))
        return len(bound) == 1 and self._bound(module, bound[0], wanted, [], steps)


def _binding(module: Module, name: str) -> Iterator[ast.stmt]:
    """The statements that bind a name, or may, at the top of a module."""
    for node in module.tree.body:
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                is_bound = node.name == name
            case ast.Import() | ast.ImportFrom():
                is_bound = any(_named(one) in (name, "*") for one in node.names)
            case ast.Expr():
                is_bound = False
            case _:
                # What is bound under a condition is followed no further.
                is_bound = _binds(node, name)
        if is_bound:
            yield node


def _binds(node: ast.stmt, name: str) -> bool:
    """Whether a statement, or one within it, may bind a name."""
    for part in walk(node):
        if isinstance(part, ast.Name):
            is_bound = part.id == name and not isinstance(part.ctx, ast.Load)
        elif isinstance(part, ast.alias):
            is_bound = _named(part) in (name, "*")
        else:
            is_bound = getattr(part, "name", None) == name
        if is_bound:
            return True
    return False


def _made_on_demand(module: Module, name: str) -> list[str] | None:
    """Where the table of a module's `__getattr__` has a name: `{"Base": (package, ".main")}`.

    What stands there for type checkers alone is bound by nothing else.
    """
    body = [node for node in module.tree.body if not _is_for_checkers(node)]
    if not any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in body):
        return None
    found: list[ast.expr] = []
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            items = zip(node.value.keys, node.value.values, strict=True)
            found += [value for key, value in items if getattr(key, "value", None) == name]
    match found:
        case [ast.Tuple(elts=[_, ast.Constant(value=str(place))])] if place[:1] == ".":
            return None if any(_binds(node, name) for node in body) else place[1:].split(".")
        case _:
            return None


def _is_for_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def _imported(module: Module, node: ast.Import | ast.ImportFrom, name: str) -> list[str]:
    """The dotted name that an import binds to a name, in parts; empty where it leads too high."""
    alias = next((one for one in node.names if _named(one) == name), None)
    if alias is None:
        return []  # `*`: which name it binds is not looked for
    if isinstance(node, ast.Import):
        return (alias.name if alias.asname else name).split(".")
    base = absolute_name(module.package, node)
    return [*base.split("."), alias.name] if base else []


def _named(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _hands_on(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (getattr(called, "attr", None) or getattr(called, "id", None)) in _DECORATORS
