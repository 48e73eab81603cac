"""Checks whether moved expressions keep their meaning, and which imports they need.

What is not certain is refused: a name that is bound twice, from a star import, by a loop.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Edit
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

# Methods that change a list, a set or a dictionary.
_CHANGING = frozenset(
    "add append clear discard extend insert pop popitem remove reverse setdefault sort"
    " update".split()
)


class ImportedName(Struct, frozen=True):
    """A name that an import statement binds.

    Attributes:
        module: Absolute name of the module that is imported, or imported from.
        name: What is imported from it; None for the module itself.
    """

    module: str
    name: str | None
    bound: str

    @property
    def is_package(self) -> bool:
        """Whether it binds the package that the module is in: `import a.b` binds `a`."""
        return self.name is None and self.bound == self.module.partition(".")[0]

    def is_same_as(self, other: ImportedName | None) -> bool:
        """Whether the two bind one name to the same."""
        if other is None or self.bound != other.bound:
            return False
        return self == other or (self.is_package and other.is_package)

    def statement(self) -> str:
        """It as a statement of its own."""
        if self.name is None:
            alias = "" if self.is_package else f" as {self.bound}"
            return f"import {self.module}{alias}"
        alias = "" if self.bound == self.name else f" as {self.bound}"
        return f"from {self.module} import {self.name}{alias}"


class _Binding(Struct, frozen=True):
    """A name that a top-level statement of a module binds.

    Attributes:
        is_direct: Whether the statement is certain to run: it is in no `if`, loop or `try`.
        imported: None for anything but an import.
    """

    line: int
    end_line: int
    is_direct: bool
    imported: ImportedName | None


def names_used(expressions: Iterable[ast.expr]) -> set[str]:
    """The names that expressions look up outside of themselves."""
    used: set[str] = set()
    for expression in expressions:
        nodes = list(ast.walk(expression))
        bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
        names = [node for node in nodes if isinstance(node, ast.Name)]
        bound |= {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        used |= {node.id for node in names} - bound
    return used


def names_bound(body: Iterable[ast.stmt]) -> set[str]:
    """The names that statements of one scope bind."""
    return {name for statement in body for name, _, _ in _bound_by(statement, is_direct=True)}


def stays_the_same(names: Iterable[str], module: Module, *, before: int, until: int) -> bool:
    """Whether names mean at one line of a module what they mean at a later one.

    Args:
        before: The line at which they must be bound.
        until: The line at which they are used now.
    """
    bindings = _bindings(module)
    for name in names:
        found = bindings.get(name, [])
        if not found and hasattr(builtins, name):
            continue
        if len(found) != 1 or found[0].end_line >= before:
            return False
        if found[0].imported is None and _is_changed(name, module, before, until):
            return False
    return True


def imports_for(
    names: Iterable[str], source: Module, target: Module, *, before: int, own_packages: set[str]
) -> list[ImportedName] | None:
    """The imports that another module lacks for the names; None when imports do not do.

    Args:
        before: The line of the other module at which the names must be bound.
        own_packages: Packages of the project, whose imports could go in a circle.
    """
    here, there = _bindings(source), _bindings(target)
    missing: list[tuple[int, ImportedName]] = []
    for name in sorted(names):
        found, present = here.get(name, []), there.get(name, [])
        if not found and not present and hasattr(builtins, name):
            continue
        if len(found) != 1 or not found[0].is_direct or found[0].imported is None:
            return None
        wanted = found[0].imported
        if not present:
            if wanted.module.partition(".")[0] in own_packages:
                return None
            missing.append((found[0].line, wanted))
        elif (
            len(present) > 1
            or not wanted.is_same_as(present[0].imported)
            or present[0].end_line >= before
        ):
            return None
    return [wanted for _, wanted in sorted(missing, key=operator.itemgetter(0))]


def imports_of(module: Module) -> Iterator[ImportedName]:
    """What the top level of a module is certain to import, under names that it binds once."""
    for found in _bindings(module).values():
        if len(found) == 1 and found[0].is_direct and found[0].imported is not None:
            yield found[0].imported


def import_edit(module: Module, imports: Iterable[ImportedName]) -> Edit | None:
    """Adds imports below those at the top of a module; None without any."""
    statements = [one.statement() for one in imports]
    if not statements:
        return None
    last = None
    for index, statement in enumerate(module.tree.body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            last = statement
        elif index or not _is_docstring(statement):
            break
    path = str(module.path)
    if last is None:
        first = module.tree.body[0]
        line = min(getattr(first, "decorator_list", []) or [first], key=_line).lineno
        if _is_docstring(first):
            line = (first.end_lineno or first.lineno) + 1
        return Edit(Span(path, line, 1, line, 1), "".join(f"{one}\n" for one in statements) + "\n")
    line = last.end_lineno or last.lineno
    end = len(module.lines[line - 1]) + 1
    return Edit(Span(path, line, end, line, end), "".join(f"\n{one}" for one in statements))


def _line(node: ast.stmt | ast.expr) -> int:
    return node.lineno


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_changed(name: str, module: Module, after: int, until: int) -> bool:
    """Whether code between two lines may change what a name stands for, in place."""
    return any(
        _changes(node, name)
        for statement in module.tree.body
        if statement.lineno < until and (statement.end_lineno or statement.lineno) >= after
        for node in ast.walk(statement)
    )


def _changes(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=root), attr=method, ctx=context):
            return root == name and (method in _CHANGING or not isinstance(context, ast.Load))
        case ast.Subscript(value=ast.Name(id=root), ctx=context):
            return root == name and not isinstance(context, ast.Load)
        case ast.Expr(value=ast.Call(func=called, args=arguments)):
            return getattr(called, "attr", getattr(called, "id", "register")) != "register" and any(
                isinstance(argument, ast.Name) and argument.id == name for argument in arguments
            )
        case _:
            return False


def _bindings(module: Module) -> dict[str, list[_Binding]]:
    found: dict[str, list[_Binding]] = {}
    for statement in module.tree.body:
        for name, imported, is_direct in _bound_by(statement, is_direct=True, module=module):
            line, end = statement.lineno, statement.end_lineno or statement.lineno
            found.setdefault(name, []).append(_Binding(line, end, is_direct, imported))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Global):
            for name in node.names:
                found.setdefault(name, []).append(_Binding(node.lineno, node.lineno, False, None))
    return {name: _without_repetitions(bindings) for name, bindings in found.items()}


def _without_repetitions(bindings: list[_Binding]) -> list[_Binding]:
    """The bindings without imports of what an earlier one has bound the name to."""
    first = bindings[0]
    if not first.is_direct or first.imported is None:
        return bindings
    same = first.imported.is_same_as
    return [first, *(one for one in bindings[1:] if not same(one.imported))]


def _bound_by(
    statement: ast.AST, *, is_direct: bool, module: Module | None = None
) -> Iterator[tuple[str, ImportedName | None, bool]]:
    """What a statement binds in its scope, and whether it is certain to."""
    pending = [(statement, is_direct)]  # an expression can nest deeper than Python calls
    while pending:
        node, is_certain = pending.pop()
        inner: list[tuple[ast.AST, bool]] = []
        match node:
            case ast.Import() | ast.ImportFrom():
                for bound, imported in _imported(node, module):
                    yield bound, imported, is_certain
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, None, is_certain
                inner = [(decorator, False) for decorator in node.decorator_list]
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name, None, is_certain
            case (
                ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp()
            ):
                pass
            case _:
                caught = getattr(node, "name", None)  # of an `except` or a pattern
                if isinstance(caught, str):
                    yield caught, None, False
                is_plain = isinstance(node, ast.Assign | ast.AnnAssign | ast.expr)
                inner = [(child, is_certain and is_plain) for child in ast.iter_child_nodes(node)]
        pending += reversed(inner)


def _imported(
    statement: ast.Import | ast.ImportFrom, module: Module | None
) -> Iterator[tuple[str, ImportedName | None]]:
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            bound = alias.asname or alias.name.partition(".")[0]
            yield bound, ImportedName(alias.name, None, bound)
        else:
            bound = alias.asname or alias.name
            base = _absolute(statement, module)
            yield bound, ImportedName(base, alias.name, bound) if base else None


def _absolute(statement: ast.ImportFrom, module: Module | None) -> str | None:
    """The module that is imported from; None when it cannot be told."""
    if not statement.level:
        return statement.module
    if module is None or not module.package:
        return None
    parts = module.package.split(".")
    base = parts[: len(parts) - statement.level + 1]
    return ".".join([*base, statement.module] if statement.module else base) or None
