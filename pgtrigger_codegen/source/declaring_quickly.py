"""Stage source: the places that can declare triggers, from a tree that has been parsed already.

`declaring` reads them with LibCST, which takes longer to import than most modules to be read.
Nearly always the tree that Python has made tells the same; where it does not, LibCST is asked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from pgtrigger_codegen.source.declaring import DeclarationSite, Enclosure, What, is_in_meta
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import children


def sites_of_tree(
    module: Module, statements: Collection[ast.stmt], callables: Mapping[str, What]
) -> list[DeclarationSite] | None:
    """The sites in some top-level statements; None where LibCST may tell more, or otherwise.

    Args:
        callables: As for `declaring_sites`.
    """
    finder = _Finder(module, callables)
    try:
        for statement in sorted(statements, key=lambda one: one.lineno):
            finder.visit(statement, ())
    except (_AskLibCST, RecursionError):
        return None
    return finder.sites


class _AskLibCST(Exception):
    """The tree does not tell how something is written."""


class _Finder:
    def __init__(self, module: Module, callables: Mapping[str, What]) -> None:
        self._module = module
        self._callables = callables
        self.sites: list[DeclarationSite] = []

    def visit(self, node: ast.AST, around: tuple[Enclosure, ...]) -> None:
        """Looks for sites in a node.

        Args:
            around: The statements that it is in.
        """
        visitor = _VISITORS.get(type(node), _Finder._visit_children)
        visitor(self, node, around)

    def _visit_children(self, node: ast.AST, around: tuple[Enclosure, ...]) -> None:
        self._visit_all(children(node), around)

    def _visit_all(self, nodes: Iterable[ast.AST], around: tuple[Enclosure, ...]) -> None:
        for node in nodes:
            self.visit(node, around)

    def _visit_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, around: tuple[Enclosure, ...]
    ) -> None:
        self._visit_all((*node.decorator_list, node.args), around)
        line = self._line_of_name(node)
        self._visit_all(node.body, (*around, Enclosure("function", line, node.name)))

    def _line_of_name(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        if node.name not in self._module.lines[node.lineno - 1]:
            raise _AskLibCST
        return node.lineno

    def _visit_lambda(self, node: ast.Lambda, around: tuple[Enclosure, ...]) -> None:
        self.visit(node.body, (*around, Enclosure("function", node.lineno)))

    def _visit_class(self, node: ast.ClassDef, around: tuple[Enclosure, ...]) -> None:
        self._visit_all((*node.decorator_list, *node.bases, *node.keywords), around)
        line = self._line_of_name(node)
        self._visit_all(node.body, (*around, Enclosure("class", line, node.name)))

    def _visit_branches(self, node: ast.If | ast.IfExp, around: tuple[Enclosure, ...]) -> None:
        line, text = node.test.lineno, self._text_of_test(node.test)
        self.visit(node.test, around)
        body = node.body if isinstance(node.body, list) else [node.body]
        orelse = node.orelse if isinstance(node.orelse, list) else [node.orelse]
        self._visit_all(body, (*around, Enclosure("if", line, test=text)))
        self._visit_all(orelse, (*around, Enclosure("else", line, test=text)))

    def _visit_case(self, node: ast.match_case, around: tuple[Enclosure, ...]) -> None:
        line = node.pattern.lineno
        if not self._module.lines[line - 1].lstrip().startswith("case"):
            raise _AskLibCST
        self._visit_children(node, (*around, Enclosure("case", line)))

    def _visit_try(self, node: ast.Try, around: tuple[Enclosure, ...]) -> None:
        self._visit_all(node.body, around)
        for handler in node.handlers:
            self._visit_all(handler.body, (*around, Enclosure("except", handler.lineno)))
        self._visit_all((*node.orelse, *node.finalbody), around)

    def _visit_assignment(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, around: tuple[Enclosure, ...]
    ) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets if is_in_meta(around) else ():
            if isinstance(target, ast.Name) and target.id == "triggers":
                self._add("meta", target, around)
        self._visit_children(node, around)

    def _visit_call(self, node: ast.Call, around: tuple[Enclosure, ...]) -> None:
        what = self._meaning(node)
        if what is not None:
            self._add(what, node, around, self._name_argument(node))
        arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
        self._visit_all((node.func, *sorted(arguments, key=_beginning)), around)

    def _visit_dict(self, node: ast.Dict, around: tuple[Enclosure, ...]) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self._visit_all((value,) if key is None else (key, value), around)

    def _visit_f_string(self, node: ast.AST, around: tuple[Enclosure, ...]) -> None:
        before = len(self.sites)
        self._visit_children(node, around)
        if len(self.sites) > before:
            raise _AskLibCST  # older Pythons do not say where in a string an expression stands

    def _meaning(self, node: ast.Call) -> What | None:
        """What a call declares: by its name, or as `pgtrigger.Protect(…).register(Order)`."""
        written = _dotted(node.func)
        if written is not None:
            return self._callables.get(written)
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "register"
            and isinstance(node.func.value, ast.Call)
        ):
            inside = _dotted(node.func.value.func)
            if inside is not None and self._callables.get(inside) == "trigger":
                return "register"
        return None

    def _add(
        self,
        what: What,
        node: ast.expr,
        around: tuple[Enclosure, ...],
        name: str | None = None,
    ) -> None:
        span = self._module.span(node)
        self.sites.append(
            DeclarationSite(
                what, span.line, span.column, span.end_line, span.end_column, name, around
            )
        )

    def _name_argument(self, node: ast.Call) -> str | None:
        for argument in node.keywords:
            if argument.arg == "name":
                value = argument.value
                if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
                    return None
                is_one = _ONE_STRING.fullmatch(self._text(value)) is not None
                return value.value if is_one else None
        return None

    def _text_of_test(self, test: ast.expr) -> str:
        """A condition as it is written."""
        span = self._module.span(test)
        before = self._module.lines[span.line - 1][: span.column - 1].split()
        in_parentheses = not before or before[-1] not in ("if", "elif")
        if in_parentheses or span.line != span.end_line:
            raise _AskLibCST  # which has the text without the margin of the lines
        return self._text(test)

    def _text(self, node: ast.expr) -> str:
        span = self._module.span(node)
        lines = self._module.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)


_VISITORS: dict[type[ast.AST], Callable[[_Finder, Any, tuple[Enclosure, ...]], None]] = {
    ast.AnnAssign: _Finder._visit_assignment,
    ast.Assign: _Finder._visit_assignment,
    ast.AsyncFunctionDef: _Finder._visit_function,
    ast.AugAssign: _Finder._visit_assignment,
    ast.Call: _Finder._visit_call,
    ast.ClassDef: _Finder._visit_class,
    ast.Dict: _Finder._visit_dict,
    ast.FunctionDef: _Finder._visit_function,
    ast.If: _Finder._visit_branches,
    ast.IfExp: _Finder._visit_branches,
    ast.JoinedStr: _Finder._visit_f_string,
    ast.Lambda: _Finder._visit_lambda,
    ast.Try: _Finder._visit_try,
    ast.match_case: _Finder._visit_case,
}

_ONE_STRING = re.compile(
    r"[rRuU]?(?:"
    r'"""(?:\\.|(?!""")[^\\])*"""'
    r"|'''(?:\\.|(?!''')[^\\])*'''"
    r'|"(?:\\.|[^"\\])*"'
    r"|'(?:\\.|[^'\\])*')",
    re.DOTALL,
)


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _beginning(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset
