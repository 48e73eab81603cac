"""Finds calls of `register`, as source that can be moved.

Only calls that are a statement or a decorator of their own at the top level of a module can be
moved: whatever stands elsewhere may run more than once, or not at all.
"""

from __future__ import annotations

import ast
import re
import tokenize

from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Edit
from pgtrigger_codegen.source.elements import Element, elements_between, opening_bracket, tokens_of
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

_REGISTERS = re.compile(r"[\w.]*\bregister\(")


class RegisterSite(Struct, frozen=True):
    """A statement or decorator that registers triggers on one model.

    Attributes:
        statement: The top-level statement; the class, for a decorator.
        arguments: The triggers, as expressions.
        model: What the triggers are registered on; None for a decorator.
        elements: The triggers, as text.
        comments: Comments below the last trigger.
        lines: Numbers of the first line that is nothing but this, and of the last.
    """

    module: Module
    statement: ast.Expr | ast.ClassDef
    arguments: tuple[ast.expr, ...]
    model: ast.expr | None
    elements: tuple[Element, ...]
    comments: tuple[str, ...]
    lines: tuple[int, int]

    def removal(self) -> Edit:
        """Takes it out of the file, and blank lines that would then be too many."""
        lines = self.module.lines
        first, last = self.lines
        if isinstance(self.statement, ast.ClassDef):
            while not lines[last].strip():  # between a decorator and what it decorates
                last += 1
            return Edit(Span(str(self.module.path), first, 1, last + 1, 1), "")
        following = lines[last] if last < len(lines) else ""
        if not following.strip() or _REGISTERS.match(following):  # that one goes too
            while first > 1 and not lines[first - 2].strip():
                first -= 1
        path = str(self.module.path)
        if last >= len(lines):  # the last line does not end
            return Edit(Span(path, first, 1, last, len(lines[last - 1]) + 1), "")
        return Edit(Span(path, first, 1, last + 1, 1), "")


def find_site(module: Module, call: Span) -> RegisterSite | None:
    """The statement whose call of `register` stands there; None when it cannot be moved."""
    for statement in module.tree.body:
        if isinstance(statement, ast.Expr):
            node, inner, model = _registration(statement.value)
            if inner is not None and module.span(inner) == call:
                return _site(module, statement, node, inner, model)
        elif isinstance(statement, ast.ClassDef):
            for decorator in statement.decorator_list:
                if isinstance(decorator, ast.Call) and module.span(decorator) == call:
                    return _site(module, statement, decorator, decorator, None)
    return None


def _registration(node: ast.expr) -> tuple[ast.expr, ast.Call | None, ast.expr | None]:
    """The call of `register` in an expression, and the model that it is for."""
    match node:
        case ast.Call(func=ast.Call() as inner, args=[model], keywords=[]):
            return node, inner, model
        case ast.Call(func=ast.Attribute(attr="register"), args=[model], keywords=[]):
            return node, node, model  # `trigger.register(Model)`
        case _:
            return node, None, None


def _site(
    module: Module,
    statement: ast.Expr | ast.ClassDef,
    node: ast.expr,
    call: ast.Call,
    model: ast.expr | None,
) -> RegisterSite | None:
    lines = _own_lines(module, node)
    behind = _comment_behind(module, node)
    start = opening_bracket(module, module.span(call))
    if call.keywords or lines is None or start is None or isinstance(model, ast.Starred):
        return None
    arguments: tuple[ast.expr, ...] = tuple(call.args)
    end = (module.span(call).end_line, module.span(call).end_column)
    if call is node and model is not None:
        assert isinstance(call.func, ast.Attribute)
        arguments = (call.func.value,)
        start = (module.span(node).line, module.span(node).column)
    if not arguments or any(_has_effects(argument) for argument in arguments):
        return None
    elements, comments = elements_between(module, arguments, start, end)
    return RegisterSite(module, statement, arguments, model, elements, (*comments, *behind), lines)


def _own_lines(module: Module, node: ast.expr) -> tuple[int, int] | None:
    """The lines of an expression; None when anything else stands on them."""
    span = module.span(node)
    before = module.lines[span.line - 1][: span.column - 1]
    after = module.lines[span.end_line - 1][span.end_column - 1 :]
    if not re.fullmatch(r"\s*@?\s*", before) or not re.fullmatch(r"\s*(#.*)?", after):
        return None
    # Within brackets, a line ends without the statement that it is part of.
    ends = (token.start[0] for token in tokens_of(module) if token.type == tokenize.NEWLINE)
    return (span.line, span.end_line) if span.end_line in ends else None


def _comment_behind(module: Module, node: ast.expr) -> tuple[str, ...]:
    span = module.span(node)
    comment = module.lines[span.end_line - 1][span.end_column - 1 :].strip()
    return (comment,) if comment else ()


def _has_effects(node: ast.expr) -> bool:
    """Whether an expression binds names or gives control away."""
    effects = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
    return any(isinstance(child, effects) for child in ast.walk(node))
