"""Adds triggers to the `Meta.triggers` of a class, or makes the missing parts.

Pure: from the source of a class and the triggers, as text, to edits; None where the source does
not say for certain what Django will read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Edit
from pgtrigger_codegen.source.elements import (
    Element,
    Place,
    comments_of,
    indentation,
    opening_bracket,
    plain_element,
)
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unparsing import unparsed

_MAX_LINE = 88


class MetaOfClass(Struct, frozen=True):
    """A class, with the known facts about the `Meta` that Django reads for it.

    Attributes:
        inherited: How the class names the `Meta` that it inherits, None when it inherits none.
        has_triggers: Whether that `Meta`, or the class's own, gives `triggers`.
    """

    node: ast.ClassDef
    inherited: str | None
    has_triggers: bool

    @property
    def own(self) -> ast.ClassDef | None:
        """The `Meta` in the class's body."""
        found = [node for node in self.node.body if isinstance(node, ast.ClassDef)]
        return next((node for node in found if node.name == "Meta"), None)


def add_triggers(
    module: Module, model: MetaOfClass, elements: Sequence[Element], comments: Iterable[str] = ()
) -> tuple[Edit, ...] | None:
    """The edits that add the triggers.

    Args:
        comments: Comments to put below the triggers.
    """
    added = _Added(tuple(elements), tuple(comments))
    if _count(model.node.body, "Meta") > 1:
        return None
    meta = model.own
    if meta is None:
        return _with_meta(module, model, added) if not _count(model.node.body, "Meta") else None
    assignments = [node for node in meta.body if _assigned(node) is not None]
    if _count(meta.body, "triggers") != len(assignments) or len(assignments) > 1:
        return None
    if assignments:
        value = _assigned(assignments[0])
        assert value is not None
        return _extended(module, value, added)
    if model.has_triggers:
        if len(meta.bases) != 1 or not _is_name(meta.bases[0]):
            return None
        added = added.after(f"*{unparsed(meta.bases[0])}.triggers")
    return _with_triggers(module, meta, added)


def assignment(elements: Sequence[Element], comments: Iterable[str], indent: str) -> str:
    """`triggers = […]`, without the indentation of its first line."""
    return _assignment(_Added(tuple(elements), tuple(comments)), indent)


class _Added(Struct, frozen=True):
    """The triggers to add, and comments below them."""

    elements: tuple[Element, ...]
    comments: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        return not self.comments and all(element.is_plain for element in self.elements)

    def after(self, code: str) -> _Added:
        return _Added((plain_element(code), *self.elements), self.comments)

    def line(self) -> str:
        """All in one line; only for what is plain."""
        return ", ".join(element.lines[0].text for element in self.elements)

    def block(self, indent: str) -> str:
        """Each on lines of its own, with an end of line behind the last."""
        lines = [line for element in self.elements for line in element.render(indent)]
        return "".join(f"{line}\n" for line in (*lines, *(indent + one for one in self.comments)))


def _count(body: Iterable[ast.stmt], name: str) -> int:
    """How many statements of a class body may bind a name, or speak of it."""
    return sum(
        statement.name == name
        if isinstance(statement, ast.ClassDef)
        else any(name in _names(node) for node in ast.walk(statement))
        for statement in body
    )


def _names(node: ast.AST) -> tuple[object, object]:
    return getattr(node, "name", None), getattr(node, "id", None)


def _assigned(statement: ast.stmt) -> ast.expr | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id="triggers")], value=value):
            return value
        case ast.AnnAssign(target=ast.Name(id="triggers"), value=ast.expr() as value):
            return value
        case _:
            return None


def _extended(module: Module, value: ast.expr, added: _Added) -> tuple[Edit, ...] | None:
    """The edits of a value that has triggers already."""
    match value:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for side in (right, left):
                if isinstance(side, ast.List):
                    return _longer(module, side, added)
        case ast.List() | ast.Tuple() if _is_bracketed(module, value):
            return _longer(module, value, added)
        case ast.Constant():
            return None
        case _:
            pass
    if isinstance(value, ast.BinOp | ast.Tuple):
        opening, closing = "[*(", ")"
    elif isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        opening, closing = "[*", ""
    else:
        return None
    span = module.span(value)
    if added.is_plain:
        rest = f", {added.line()}]"
    else:
        outer = indentation(module.lines[span.line - 1])
        rest = f",\n{added.block(outer + _unit(outer))}{outer}]"
    return (
        Edit(Span(span.path, span.line, span.column, span.line, span.column), opening),
        Edit(
            Span(span.path, span.end_line, span.end_column, span.end_line, span.end_column),
            closing + rest,
        ),
    )


def _is_bracketed(module: Module, value: ast.expr) -> bool:
    """Whether the brackets of a list or tuple are its own."""
    span = module.span(value)
    start = opening_bracket(module, Span(span.path, span.line, 0, span.end_line, span.end_column))
    return start == (span.line, span.column + 1)


def _longer(module: Module, value: ast.List | ast.Tuple, added: _Added) -> tuple[Edit, ...]:
    """A list or tuple in brackets, with more in it."""
    span = module.span(value)
    closing = (span.end_line, span.end_column - 1)
    line = module.lines[closing[0] - 1]
    last, has_comma = _last_place(module, value, closing)
    if line[: closing[1] - 1].strip():  # the bracket does not begin its line
        return (_in_line(module, value, added, closing, last, has_comma=has_comma),)
    outer = inner = indentation(line)
    if value.elts and (first := module.span(value.elts[0])).line > span.line:
        inner = indentation(module.lines[first.line - 1])
    block = added.block(inner if len(inner) > len(outer) else outer + _unit(outer))
    edit = Edit(Span(span.path, closing[0], 1, closing[0], 1), block)
    if has_comma or not value.elts:
        return (edit,)
    return (Edit(Span(span.path, *last, *last), ","), edit)


def _in_line(
    module: Module,
    value: ast.List | ast.Tuple,
    added: _Added,
    closing: Place,
    last: Place,
    *,
    has_comma: bool,
) -> Edit:
    path = str(module.path)
    line = module.lines[closing[0] - 1]
    outer = indentation(line)
    space = Span(path, *last, *closing)
    if added.is_plain:
        before = "" if not value.elts else " " if has_comma else ", "
        single = isinstance(value, ast.Tuple) and len(value.elts) + len(added.elements) == 1
        text = before + added.line() + ("," if single else "")
        if len(line) + len(text) <= _MAX_LINE:
            return Edit(space, text)
    if value.elts and module.span(value).line == closing[0]:
        # All in one line so far: each on a line of its own.
        present = (_source(module, element) for element in value.elts)
        added = _Added((*map(plain_element, present), *added.elements), added.comments)
        opened = module.span(value)
        space = Span(path, opened.line, opened.column + 1, *closing)
        return Edit(space, f"\n{added.block(outer + _unit(outer))}{outer}")
    comma = "" if has_comma or not value.elts else ","
    return Edit(space, f"{comma}\n{added.block(outer + _unit(outer))}{outer}")


def _source(module: Module, node: ast.expr) -> str:
    span = module.span(node)
    return module.lines[span.line - 1][span.column - 1 : span.end_column - 1]


def _last_place(module: Module, value: ast.List | ast.Tuple, closing: Place) -> tuple[Place, bool]:
    """Behind the last element, its brackets and its comma; and whether there is a comma."""
    span = module.span(value)
    if not value.elts:
        return (span.line, span.column + 1), False
    end = module.span(value.elts[-1])
    place, has_comma = (end.end_line, end.end_column), False
    comments = {comment.line: comment.column for comment in comments_of(module)}
    for number in range(end.end_line, closing[0] + 1):
        start = end.end_column if number == end.end_line else 1
        line_end = closing[1] if number == closing[0] else len(module.lines[number - 1]) + 1
        stop = comments.get(number, line_end)
        for match in re.finditer(r"[),]", module.lines[number - 1][start - 1 : stop - 1]):
            place = (number, start + match.end())
            has_comma = has_comma or match[0] == ","
    return place, has_comma


def _with_triggers(module: Module, meta: ast.ClassDef, added: _Added) -> tuple[Edit, ...]:
    """A `Meta` that does not say `triggers` yet, and now does."""
    last = meta.body[-1]
    inner = indentation(module.lines[last.lineno - 1])
    in_header = _is_in_header(module, meta.body[0])
    text = _assignment(added, inner)
    if len(meta.body) == 1 and isinstance(last, ast.Pass):
        return (Edit(module.span(last), text),)
    if in_header:
        span = module.span(last)
        place = (span.end_line, span.end_column)
        return (Edit(Span(span.path, *place, *place), f"; {text}"),)
    return (_behind(module, last, f"\n{inner}{text}"),)


def _with_meta(module: Module, model: MetaOfClass, added: _Added) -> tuple[Edit, ...] | None:
    """A class that has no `Meta` yet, and now has one."""
    node = model.node
    if model.inherited == "":
        return None
    bases = f"({model.inherited})" if model.inherited else ""
    if model.has_triggers:
        if not model.inherited:
            return None
        added = added.after(f"*{model.inherited}.triggers")
    first = node.body[0]
    outer = indentation(module.lines[node.lineno - 1])
    in_header = _is_in_header(module, first)
    inner = outer + _unit(outer) if in_header else indentation(module.lines[first.lineno - 1])
    unit = inner[len(outer) :]
    deeper = inner + unit
    text = f"class Meta{bases}:\n{deeper}{_assignment(added, deeper)}"
    if len(node.body) == 1 and isinstance(first, ast.Pass):
        if not in_header:
            return (Edit(module.span(first), text),)
        return (_in_place_of_blanks(module, first, f"\n{inner}{text}", through=first),)
    position = next((at for at, one in enumerate(node.body) if _is_function(one)), len(node.body))
    if position == 0:
        return (_above(module, node.body[0], f"{inner}{text}\n\n"),)
    edits = [_behind(module, node.body[position - 1], f"\n\n{inner}{text}")]
    if in_header:
        edits.insert(0, _in_place_of_blanks(module, first, f"\n{inner}"))
    return tuple(edits)


def _assignment(added: _Added, indent: str) -> str:
    line = f"triggers = [{added.line()}]" if added.is_plain else ""
    if line and len(indent) + len(line) <= _MAX_LINE:
        return line
    return f"triggers = [\n{added.block(indent + _unit(indent))}{indent}]"


def _behind(module: Module, statement: ast.stmt, text: str) -> Edit:
    line = statement.end_lineno or statement.lineno
    end = len(module.lines[line - 1]) + 1
    return Edit(Span(str(module.path), line, end, line, end), text)


def _above(module: Module, statement: ast.stmt, text: str) -> Edit:
    """In front of a statement, its decorators, and the comments that are about it."""
    decorators = getattr(statement, "decorator_list", [])
    line = min([statement.lineno, *(item.lineno for item in decorators)])
    while module.lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return Edit(Span(str(module.path), line, 1, line, 1), text)


def _in_place_of_blanks(
    module: Module, statement: ast.stmt, text: str, through: ast.stmt | None = None
) -> Edit:
    """Between the colon of a class and the first statement on the same line."""
    span = module.span(statement)
    before = module.lines[span.line - 1][: span.column - 1]
    start = len(before.rstrip()) + 1
    end = span.column if through is None else span.end_column
    return Edit(Span(span.path, span.line, start, span.line, end), text)


def _is_in_header(module: Module, first: ast.stmt) -> bool:
    span = module.span(first)
    decorators = getattr(first, "decorator_list", [])
    return not decorators and bool(module.lines[span.line - 1][: span.column - 1].strip())


def _is_function(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)


def _is_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _unit(indent: str) -> str:
    """One more level of an indentation."""
    return "\t" if indent.startswith("\t") else "    "
