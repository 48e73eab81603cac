"""Stage migrations: the places of a migration's operations in its file.

To replay a history it is enough to know a migration's operations. To rewrite one, each has to be
found again in the text: the calls that make operations, in the order of the source, with the
circumstances that decide what they have an effect on.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from msgspec import Struct
from msgspec.structs import replace
from pgtrigger import compiler, core
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.own_kinds import type_name
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.own_methods import followed
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.mentions import mentions
from pgtrigger_codegen.source.nodes import children
from pgtrigger_codegen.source.span import Span


class Circumstances(Struct, frozen=True):
    """The code around a call.

    Attributes:
        state: Whether the operation has an effect on Django's state.
        database: Whether it has one on the database.
        guarded: Whether it stands in an `if` that asks for the database's vendor.
        repeated: Whether it stands in a loop or function, and so for any number of operations.
        element: Whether it is an element of a list or tuple.
    """

    state: bool = True
    database: bool = True
    guarded: bool = False
    repeated: bool = False
    element: bool = False


class OperationSite(Struct, frozen=True):
    """A call that makes an operation.

    Attributes:
        operation: The operation; `Unknown` where it cannot be read.
        kind: The operation's class.
        around: What surrounds the call.
        triggers_item: For `CreateModel`: the item `triggers` in the literal of its options.
    """

    operation: Operation | Unknown
    kind: type[Operation]
    span: Span
    around: Circumstances
    triggers_item: Span | None = None

    @property
    def is_about_triggers(self) -> bool:
        """Whether the operation is one of django-pgtrigger's."""
        return issubclass(self.kind, AddTrigger | RemoveTrigger)


class MigrationSource(Struct, frozen=True):
    """A migration file, with the operations that stand in it.

    Attributes:
        text: The decoded source, lines ending in a single newline.
    """

    path: Path
    text: str
    sites: tuple[OperationSite, ...]


class SiteReader:
    """Finds operations in files, and compiles triggers that were recorded uncompiled."""

    def __init__(self, interpreter: Interpreter, apps: Mapping[str, App]) -> None:
        self._interpreter = interpreter
        self._apps = apps

    def read(self, app_label: str, path: Path) -> MigrationSource | Unknown:
        """The operations of one migration file, or why it cannot be read."""
        name = f"{self._apps[app_label].migrations_module}.{path.stem}"
        scope = self._interpreter.module(name)
        if isinstance(scope, Unknown):
            return scope
        sites = _Finder(self._interpreter, scope, app_label).find()
        return MigrationSource(path, scope.module.text, tuple(sites))

    def compile(self, trigger: Any, model: type, span: Span) -> compiler.Trigger | Unknown:
        """What django-pgtrigger compiles a trigger to, on the model as it was then."""
        compiled = self._interpreter.guarded(
            lambda: self._interpreter.attempt(span, trigger.compile, model), span
        )
        if isinstance(compiled, compiler.Trigger | Unknown):
            return compiled
        return Unknown(f"compiles to {type_name(compiled)}, which is not a trigger", span)


class _Finder:
    def __init__(self, interpreter: Interpreter, scope: Scope, app_label: str) -> None:
        self._interpreter = interpreter
        self._scope = scope
        self._app_label = app_label

    def find(self) -> Iterator[OperationSite]:
        for statement in self._scope.module.tree.body:
            yield from self._visit(statement, Circumstances())

    def _visit(self, node: ast.AST, around: Circumstances) -> Iterator[OperationSite]:
        match node:
            case ast.Call(func=ast.Name() | ast.Attribute()):
                yield from self._visit_call(node, around)
            case ast.If():
                guarded = around.guarded or mentions(node.test, "vendor")
                yield from self._visit_children(node, replace(around, guarded=guarded))
            case ast.List() | ast.Tuple():
                for element in node.elts:
                    yield from self._visit(element, replace(around, element=True))
            case _ if isinstance(node, _REPEATED):
                yield from self._visit_children(node, replace(around, repeated=True))
            case _:
                yield from self._visit_children(node, around)

    def _visit_children(self, node: ast.AST, around: Circumstances) -> Iterator[OperationSite]:
        for child in children(node):
            yield from self._visit(child, replace(around, element=False))

    def _visit_call(self, node: ast.Call, around: Circumstances) -> Iterator[OperationSite]:
        kind = self._interpreter.evaluate(node.func, self._scope)
        if not (isinstance(kind, type) and issubclass(kind, Operation)):
            yield from self._visit_children(node, around)
        elif issubclass(kind, operations.SeparateDatabaseAndState):
            names = ("database_operations", "state_operations")
            for name, argument in _arguments(node, names):
                inner = (
                    replace(around, state=False, element=False)
                    if name == "database_operations"
                    else replace(around, database=False, element=False)
                )
                yield from self._visit(argument, inner)
        elif issubclass(kind, operations.RunSQL):
            for name, argument in _arguments(node, ("sql", "reverse_sql", "state_operations")):
                if name == "state_operations":
                    yield from self._visit(argument, replace(around, database=False))
        else:
            yield self._site(node, kind, around)

    def _site(self, node: ast.Call, kind: type[Operation], around: Circumstances) -> OperationSite:
        span = self._scope.module.span(node)
        operation: Any = (
            Unknown("stands in a loop or a function, and so for more than one operation", span)
            if around.repeated
            else self._interpreter.evaluate(self._modern(node), self._scope)
        )
        if not isinstance(operation, Operation | Unknown):
            operation = Unknown("does not make an operation", span)
        operation = followed(self._interpreter, operation, self._app_label)
        return OperationSite(operation, kind, span, around, self._triggers_item(node, kind))

    def _modern(self, node: ast.Call) -> ast.Call:
        """The call with `pgtrigger.Level(name="ROW")` written as `pgtrigger.Row`.

        So recorded the releases before 4.5 what newer ones only compare by identity.
        """
        if "pgtrigger" not in self._scope.module.text:
            return node
        renamed: ast.Call = _Primitives(self._interpreter, self._scope).visit(copy.deepcopy(node))
        return renamed

    def _triggers_item(self, node: ast.Call, kind: type[Operation]) -> Span | None:
        if not issubclass(kind, operations.CreateModel):
            return None
        for name, argument in _arguments(node, ("name", "fields", "options")):
            if name == "options" and isinstance(argument, ast.Dict):
                for key, value in zip(argument.keys, argument.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "triggers":
                        first, last = map(self._scope.module.span, (key, value))
                        return replace(first, end_line=last.end_line, end_column=last.end_column)
        return None


class _Primitives(ast.NodeTransformer):
    def __init__(self, interpreter: Interpreter, scope: Scope) -> None:
        self._interpreter = interpreter
        self._scope = scope

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(
                func=ast.Attribute(value=package, attr=attribute),
                args=[],
                keywords=[ast.keyword(arg="name", value=ast.Constant(value=str(name)))],
            ) if attribute in _PRIMITIVES:
                kind = self._interpreter.evaluate(node.func, self._scope)
                constant = "".join(word.capitalize() for word in name.split())
                if kind is getattr(core, attribute) and hasattr(core, constant):
                    modern = ast.Attribute(value=package, attr=constant, ctx=ast.Load())
                    return ast.copy_location(modern, node)
        return node


# Classes of which newer releases know only the instances that they export.
_PRIMITIVES = frozenset({"Level", "When", "Operation", "Timing"})

_REPEATED = (
    ast.For,
    ast.While,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
)


def _arguments(node: ast.Call, names: tuple[str, ...]) -> Iterator[tuple[str, ast.expr]]:
    """Arguments by name, whether they are given by position or by keyword; as written."""
    yield from zip(names, node.args, strict=False)
    for keyword in node.keywords:
        if keyword.arg in names:
            yield keyword.arg, keyword.value
