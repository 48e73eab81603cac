"""Statements that change what other modules have, by their text."""

from __future__ import annotations

import ast
import bisect
import functools
from collections.abc import Iterable, Iterator
from typing import Protocol

from pgtrigger_codegen.evaluator.modules.bound_names import local_names
from pgtrigger_codegen.evaluator.modules.changed_objects import (
    CHANGING,
    MUTATORS,
    ON_ARGUMENT,
    last_name,
    root_of,
)
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

_LAST_LINE = 1_000_000
# Functions that import modules.
_IMPORTING = frozenset({"__import__", "autodiscover_modules", "import_module", "import_string"})


class Answers(Protocol):
    """What is asked about names that a statement uses."""

    origins: Origins

    def call_changes(self, origin: Origin) -> bool:
        """Whether a call of what a module has under a name may change what modules have."""

    def own_call_changes(self, module: Module, node: Function) -> bool:
        """Whether a module that calls a function of its own changes what others have by that."""

    def own_code_changes(self, module: Module) -> bool:
        """Whether any function or method of a module changes what others have."""

    def arguments_change(self, origin: Origin) -> bool:
        """Whether a function changes what it is given."""

    def method_changes(self, origin: Origin, method: str) -> bool:
        """Whether a method of what a module has under a name may change that, or other things."""

    def derivation_changes(self, origin: Origin) -> bool:
        """Whether to derive from a class may do something: by a hook of it, or by a metaclass."""


class ChangingStatements:
    """What the statements of one module, or of a function in it, change."""

    def __init__(self, effects: Answers, module: Module) -> None:
        self._effects = effects
        self._module = module
        self._outer = dict(effects.origins.imports_of(module))
        self._led_from: set[str] = set()
        self._local: frozenset[str] = frozenset()
        self._own_counts = False
        self._own_functions = {
            name for name, node in definitions(module).items() if isinstance(node, Function)
        }

    def acts(self) -> bool:
        """Whether the statements that run at import change what other modules have."""
        return any(map(self._statement_acts, executed(self._module.tree.body, self._concerns)))

    def _concerns(self, node: ast.AST) -> bool:
        """Whether a statement may have a name in it that leads to others: most have none."""
        if isinstance(node, Function):
            arguments = node.args
            if not (node.decorator_list or arguments.defaults or arguments.kw_defaults):
                return False
        elif not isinstance(node, ast.ClassDef) and hasattr(node, "body"):
            return True
        if self._uses_own_code(node):
            return True
        begin, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", _LAST_LINE)
        if isinstance(node, Function | ast.ClassDef) and node.decorator_list:
            begin = node.decorator_list[0].lineno
        lines = _lines_with(
            self._module.text, frozenset({*self._outer, *self._led_from, *self._own_functions})
        )
        at = bisect.bisect_left(lines, begin)
        return at < len(lines) and lines[at] <= end

    def _uses_own_code(self, node: ast.AST) -> bool:
        """Whether a statement calls, or derives from, what the module defines; or imports."""
        own = definitions(self._module)
        match node:
            case ast.Expr(value=ast.Call(func=called)) | ast.Assign(value=ast.Call(func=called)):
                if last_name(called) in _IMPORTING:
                    return True
                return isinstance(own.get(root_of(called) or ""), ast.ClassDef | ast.Call)
            case ast.ClassDef(bases=bases) if "__init_subclass__" in self._module.text:
                return any(root_of(base) in own for base in bases)
        return False

    def function_changes(
        self,
        node: Function | ast.Lambda,
        *,
        own_counts: bool,
        receiver_counts: bool = False,
    ) -> bool:
        """Whether a function changes what modules have.

        Args:
            own_counts: Whether its own module is one of them.
            receiver_counts: Whether its first argument is something that a module has.
        """
        arguments = [one.arg for one in walk(node.args) if isinstance(one, ast.arg)]
        own = set(local_names(node)) | set(arguments)
        if receiver_counts and arguments:
            own.discard(arguments[0])
            self._led_from.update((arguments[0], "super"))
        imports = [part for part in walk(node) if isinstance(part, ast.Import | ast.ImportFrom)]
        within = dict(self._effects.origins.imported(self._module, imports))
        self._outer |= within
        self._local = frozenset(own - within.keys())
        self._own_counts = own_counts
        for part in walk(node):
            self._follow(part)
        self._local -= self._led_from
        for part in walk(node):
            if isinstance(part, ast.Global) and own_counts:
                return True
            if isinstance(part, ast.stmt | ast.expr) and self._node_acts(part):
                return True
        return False

    def _statement_acts(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.ClassDef):
            if any(map(self._derives, node.bases)) or any(
                keyword.arg == "metaclass" and self._is_outer(keyword.value)
                for keyword in node.keywords
            ):
                return True
            parts: list[ast.expr] = [*node.decorator_list]
            parts += [keyword.value for keyword in node.keywords]
            return any(map(self._decorates, node.decorator_list)) or self._any_acts(parts)
        if isinstance(node, Function):
            defaults = [one for one in (*node.args.defaults, *node.args.kw_defaults) if one]
            return any(map(self._decorates, node.decorator_list)) or self._any_acts(
                [*node.decorator_list, *defaults]
            )
        self._follow(node)
        return self._node_acts(node) or self._any_acts(_expressions(node))

    def _any_acts(self, nodes: Iterable[ast.expr]) -> bool:
        return any(
            isinstance(part, ast.expr) and self._node_acts(part)
            for node in nodes
            for part in _without_functions(node)
        )

    def _derives(self, base: ast.expr) -> bool:
        origin = self._origin(base)
        if origin is None and root_of(base) in definitions(self._module):
            return self._effects.own_code_changes(self._module)
        return origin is not None and self._effects.derivation_changes(origin)

    def _decorates(self, node: ast.expr) -> bool:
        called = node.func if isinstance(node, ast.Call) else node
        return self._call_acts(ast.Call(called, [], []))

    def _follow(self, node: ast.AST) -> None:
        """Names that mean what another module has, or a part of that, as well."""
        match node:
            case ast.Assign(value=ast.Call(func=func)) if self._is_class(func):
                return
            case ast.Assign(targets=targets, value=value) if self._is_outer(value):
                named = [part for target in targets for part in walk(target)]
            case ast.For(target=target, iter=value) if self._is_outer(value):
                named = [*walk(target)]
            case _:
                return
        self._led_from.update(part.id for part in named if isinstance(part, ast.Name))

    def _is_class(self, node: ast.expr) -> bool:
        """Whether a call makes an object, which is nobody else's yet."""
        origin = self._origin(node)
        found = None if origin is None else self._effects.origins.definition(origin)[1]
        return isinstance(found, ast.ClassDef)

    def _node_acts(self, node: ast.AST) -> bool:
        match node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                return any(map(self._is_outer_place, targets))
            case ast.AugAssign(target=target):
                return self._is_outer_place(target) or self._is_outer(target)
            case ast.AnnAssign(target=target):
                return self._is_outer_place(target)
            case ast.Call():
                return self._call_acts(node)
        return False

    def _is_outer_place(self, target: ast.expr) -> bool:
        if isinstance(target, ast.Tuple | ast.List):
            return any(map(self._is_outer_place, target.elts))
        return isinstance(target, ast.Attribute | ast.Subscript) and self._is_outer(target.value)

    def _is_outer(self, node: ast.expr) -> bool:
        """Whether an expression starts from what another module has."""
        root = root_of(node)
        if root is None or root in self._local:
            return False
        if root in self._led_from:
            return True
        if root in self._outer:
            module, name = self._outer[root]
            part = OUTSIDE.get(module)
            return part in (None, name) or part in ast.dump(node)
        return self._own_counts and root in definitions(self._module)

    def _origin(self, node: ast.expr) -> Origin | None:
        root = root_of(node)
        if root is None or root in self._local or root in self._led_from:
            return None
        if root in self._outer and isinstance(node, ast.Name):
            return self._outer[root]
        found = self._effects.origins.resolve(self._module, node)
        if found is not None and found.module == self._module.name and not self._own_counts:
            return None
        return found

    def _call_acts(self, node: ast.Call) -> bool:
        called = node.func
        given = (*node.args, *(keyword.value for keyword in node.keywords))
        if any(map(self._is_changeable, given)) and self._changes_arguments(called):
            return True
        if last_name(called) in _IMPORTING:
            return True
        if isinstance(called, ast.Name):
            return self._named_call_acts(node, called)
        if isinstance(called, ast.Call):
            return False  # what gives the function is looked at by itself, with functions in it
        if not isinstance(called, ast.Attribute):
            return self._is_outer(called)
        if not self._is_outer(called.value):
            own = root_of(called) in definitions(self._module) and not self._own_counts
            return own and self._effects.own_code_changes(self._module)
        root = root_of(called) or ""
        if root in self._led_from or called.attr in MUTATORS:
            return True
        if root in self._outer and self._outer[root].module in OUTSIDE:
            return False
        origin = self._origin(called.value)
        if origin is not None:
            return self._effects.method_changes(origin, called.attr)
        first = self._effects.origins.resolve(self._module, ast.Name(root))
        owner, node_of_root = (
            (None, None) if first is None else (self._effects.origins.definition(first))
        )
        return owner is not None and not isinstance(node_of_root, ast.ClassDef)

    def _named_call_acts(self, node: ast.Call, called: ast.Name) -> bool:
        if called.id in self._local:
            return False
        if called.id in self._led_from:
            return True
        if called.id in ON_ARGUMENT and node.args:
            return self._is_outer(node.args[0])
        if called.id in ("vars", "globals"):
            return False  # what is done with it is seen around it
        if called.id in self._outer:
            return self._effects.call_changes(self._outer[called.id])
        defined = definitions(self._module).get(called.id)
        if isinstance(defined, Function):
            if self._own_counts:
                return self._effects.call_changes(Origin(self._module.name, called.id))
            return self._effects.own_call_changes(self._module, defined)
        return defined is not None and self._effects.own_code_changes(self._module)

    def _is_changeable(self, node: ast.expr) -> bool:
        """Whether an argument is what another module has, and no class, function or constant."""
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return False
        if not self._is_outer(node):
            return False
        origin = self._origin(node)
        if origin is None:
            return root_of(node) in self._led_from
        found = self._effects.origins.definition(origin)[1]
        return not isinstance(found, ast.ClassDef | Function | ast.Constant | ast.Tuple | None)

    def _changes_arguments(self, called: ast.expr) -> bool:
        """Whether a call may change what it is given."""
        if last_name(called) in CHANGING:
            return True
        origin = self._effects.origins.resolve(self._module, called)
        return origin is not None and self._effects.arguments_change(origin)


@functools.lru_cache(maxsize=8)
def _lines_with(text: str, names: frozenset[str]) -> list[int]:
    """The lines that have one of some names in them, perhaps as a part of a longer word."""
    found: set[int] = set()
    for name in names:
        start = text.find(name)
        while start >= 0:
            found.add(start)
            start = text.find(name, start + 1)
    lines, line, at = [], 1, 0
    for position in sorted(found):
        line += text.count("\n", at, position)
        at = position
        lines.append(line)
    return lines


def _expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself, not those of statements within."""
    for part in children(node):
        if isinstance(part, ast.expr):
            yield part
        elif isinstance(part, ast.withitem):
            yield part.context_expr


def _without_functions(node: ast.AST) -> Iterator[ast.AST]:
    """An expression and all within, but for what functions in it do when they are called."""
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, ast.Lambda):
            pending += children(part)
