"""Stage source: finds code in a file that would declare triggers if imported, by names alone.

For files that nothing imports, so that no evaluator comes by.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.unparsing import unparsed

LIBRARIES = ("pgtrigger", "pghistory")
"""The packages whose callables declare triggers."""


class RegistrationSite(Struct, frozen=True):
    """A call of `register` or `track`, or the `triggers` of a `Meta`.

    Attributes:
        place: The name that is called or assigned to.
        triggers: The expressions that make them; empty where the library makes them up.
    """

    place: ast.expr
    triggers: tuple[ast.expr, ...]

    @property
    def is_named(self) -> bool:
        """Whether each of its triggers has a literal for a name."""
        return bool(self.triggers) and all(map(_has_literal_name, self.triggers))


def registrations(tree: ast.Module) -> Iterator[RegistrationSite]:
    """All that would run at import: functions are left out."""
    imported = {
        alias.asname or alias.name: node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    own = {name for name, source in imported.items() if source in LIBRARIES}
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in walk(statement):
            if isinstance(node, ast.Call):
                yield from _of_call(node, own)
            elif isinstance(node, ast.ClassDef) and node.name == "Meta":
                yield from _of_meta(node)


def _of_call(call: ast.Call, own: set[str]) -> Iterator[RegistrationSite]:
    """Of `pgtrigger.register`, the `register` of a trigger, or `pghistory.track`.

    Args:
        own: What the module calls the libraries, and what it imports from them.
    """
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr="register") if name in own:
            yield RegistrationSite(call.func, tuple(call.args))
        case ast.Attribute(value=ast.Call(func=made) as trigger, attr="register"):
            root = made.value if isinstance(made, ast.Attribute) else made
            if isinstance(root, ast.Name) and root.id in own:
                yield RegistrationSite(call.func, (trigger,))
        case ast.Name(id="register") if "register" in own:
            yield RegistrationSite(call.func, tuple(call.args))
        case ast.Attribute(value=ast.Name(id=name), attr="track") if name in own:
            yield RegistrationSite(call.func, ())
        case ast.Name(id="track") if "track" in own:
            yield RegistrationSite(call.func, ())


def _of_meta(meta: ast.ClassDef) -> Iterator[RegistrationSite]:
    if "abstract = True" in {unparsed(node) for node in meta.body}:
        return
    for node in meta.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="triggers") as target], value=value)
                | ast.AnnAssign(target=ast.Name(id="triggers") as target, value=ast.expr() as value)
            ):
                elements = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                yield RegistrationSite(target, tuple(elements))


def _has_literal_name(trigger: ast.expr) -> bool:
    return isinstance(trigger, ast.Call) and any(
        keyword.arg == "name"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
        for keyword in trigger.keywords
    )
