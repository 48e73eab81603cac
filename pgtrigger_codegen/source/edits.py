"""Stage source: changes to a file that leave everything else as it is written.

The changes are made in the text, so that no line is formatted anew that nobody asked to change.
Where things stand, Python's own parser says; LibCST, which is a hundred times slower, reads only
the pieces that go, for the comments and names in them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import libcst as cst
from msgspec import Struct, field

from pgtrigger_codegen.source.elements import indentation
from pgtrigger_codegen.source.span import Span

Render = Callable[[str], str]
"""Code for an expression, given the indentation of the line that it begins on."""


class NameUse(Struct, frozen=True):
    """A place where code uses a name that it has imported."""

    span: Span
    name: str
    in_function: bool


class SourceEdits(Struct):
    """Changes to the elements of lists and dictionaries of one file.

    All positions are those of the text before any change.
    """

    text: str
    _edits: list[_Edit] = field(default_factory=list)
    _removed: set[str] = field(default_factory=set)

    def replace(self, span: Span, render: Render) -> None:
        """Put another expression in the place of one; comments inside stay, at its top."""
        start, end = self._offsets(span)
        indent = self._indent(span)
        opening, bracket, rest = render(indent).partition("(\n")
        comments = "".join(f"{indent}    {text}\n" for text in self._take(start, end))
        code = f"{opening}{bracket}{comments}{rest}"
        self._edits.append(_Edit(start, end, code))

    def remove(self, span: Span) -> None:
        """Take an element out of its list, or an item (`key: value`) out of its dictionary.

        What stood in lines of its own leaves no empty line, and comments inside stay there.
        """
        start, end = self._offsets(span)
        comments = self._take(start, end)
        comma = _COMMA.match(self.text, end)
        end = comma.end() if comma else end
        before = self.text[:start].rpartition("\n")[2]
        rest = _BLANKS.match(self.text, end)
        assert rest is not None
        if before.strip():
            end = rest.end() if comma else end
            kept = ""
        elif self.text[rest.end() : rest.end() + 1] == "\n":
            start, end = start - len(before), rest.end() + 1
            kept = "".join(f"{before}{comment}\n" for comment in comments)
        else:
            end = rest.end()
            kept = "".join(f"{comment}\n{before}" for comment in comments)
        self._edits.append(_Edit(start, end, kept))

    def insert_before(self, span: Span, render: Render) -> None:
        """Put an element in front of another."""
        start, _ = self._offsets(span)
        indent = self._indent(span)
        self._edits.append(_Edit(start, start, f"{render(indent)},\n{indent}"))

    def insert_after(self, span: Span, render: Render) -> None:
        """Put an element behind another; several come in the order of the calls."""
        _, end = self._offsets(span)
        indent = self._indent(span)
        self._edits.append(_Edit(end, end, f",\n{indent}{render(indent)}"))

    def add_import(self, line: str) -> None:
        """Put an import in front of the first one."""
        tree = ast.parse(self.text)
        imports = (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
        first = next((node.lineno for node in imports), 1)
        start = _offset(self.text, first, 1)
        self._edits.append(_Edit(start, start, f"{line}\n"))

    def result(self, unused_packages: frozenset[str] = frozenset()) -> str:
        """The changed text, without imports that nothing needs any more.

        Args:
            unused_packages: Packages whose imports go wherever nothing uses them; of other
                imports only those go that the removed code alone used.
        """
        if not self._edits and not any(package in self.text for package in unused_packages):
            return self.text
        edits = sorted(self._edits, key=lambda edit: (edit.start, edit.end))
        text = _applied(self.text, edits)
        return _without_unused_imports(text, self._removed, unused_packages)

    def _take(self, start: int, end: int) -> list[str]:
        """The comments in a piece of the text; its names are remembered as removed."""
        # Parentheses let a piece stand alone that goes over several lines; braces, an item.
        piece = self.text[start:end]
        try:
            tree = cst.parse_expression(f"(\n{piece}\n)")
        except cst.ParserSyntaxError:
            tree = cst.parse_expression(f"{{\n{piece}\n}}")
        self._removed.update(_names(tree))
        return [node.value for node in _walk(tree) if isinstance(node, cst.Comment)]

    def _indent(self, span: Span) -> str:
        line = self.text.split("\n")[span.line - 1]
        before = line[: span.column - 1]
        return before if not before.strip() else indentation(line) + "    "

    def _offsets(self, span: Span) -> tuple[int, int]:
        return (
            _offset(self.text, span.line, span.column),
            _offset(self.text, span.end_line, span.end_column),
        )


def uses_of(text: str, package: str, path: str) -> list[NameUse]:
    """Where code uses what it imports from a package, in the order of the text."""
    if package not in text:
        return []
    tree = ast.parse(text)
    bound = {
        name
        for statement in tree.body
        for _, name, modules in _bindings(statement)
        if any(_is_of(module, package) for module in modules)
    }
    lines = text.split("\n")
    return list(_uses(tree, bound, lines, path, in_function=False))


def module_name(text: str, parent: str, name: str) -> str | None:
    """How a file calls a module that it imports at its top; None when it does not."""
    for statement in ast.parse(text).body:
        for alias, bound, modules in _bindings(statement):
            if modules[-1] == f"{parent}.{name}":
                direct = isinstance(statement, ast.Import) and not alias.asname
                return alias.name if direct else bound
    return None


def set_constant(text: str, name: str, value: str) -> str:
    """The text with a top-level assignment of that name, changed or added at the end."""
    if (node := _last_assigned(text, name)) is not None:
        start, end = _range(text, node)
        return text[:start] + value + text[end:]
    ending = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{ending}{name} = {value}\n"


def append_to_list(text: str, name: str, element: str) -> str | None:
    """The text with a string more in the list or tuple that a top-level assignment writes out.

    Returns:
        None where the last assignment of that name is none of a list with elements.
    """
    value = _last_assigned(text, name)
    if not isinstance(value, ast.List | ast.Tuple) or not value.elts:
        return None
    start, end = _range(text, value.elts[-1])
    before = text[:start].rpartition("\n")[2]
    quote = "'" if text[start] == "'" else '"'
    separator = ", " if before.strip() else f",\n{before}"
    return f"{text[:end]}{separator}{quote}{element}{quote}{text[end:]}"


def _last_assigned(text: str, name: str) -> ast.expr | None:
    """The value of the last top-level assignment of a name alone."""
    for statement in reversed(ast.parse(text).body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if (
                target == name
            ):
                return value
    return None


class _Edit(Struct, frozen=True):
    start: int
    end: int
    code: str


_COMMA = re.compile(r"[ \t]*,")
_BLANKS = re.compile(r"[ \t]*")


def _applied(text: str, edits: list[_Edit]) -> str:
    """The text after edits that are sorted and do not overlap."""
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += (text[position : edit.start], edit.code)
        position = edit.end
    return "".join((*pieces, text[position:]))


def _without_unused_imports(
    text: str, candidates: set[str], unused_packages: frozenset[str]
) -> str:
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    edits: list[_Edit] = []
    for statement in tree.body:
        gone = [
            alias
            for alias, bound, modules in _bindings(statement)
            if bound not in used
            and (
                bound in candidates
                or any(_is_of(module, package) for module in modules for package in unused_packages)
            )
        ]
        if gone and isinstance(statement, ast.Import | ast.ImportFrom):
            edits.append(_import_edit(text, statement, gone))
    return _applied(text, edits)


def _import_edit(text: str, statement: ast.Import | ast.ImportFrom, gone: list[ast.alias]) -> _Edit:
    start, end = _range(text, statement)
    if len(gone) < len(statement.names):
        tree = cst.parse_statement(text[start:end])
        assert isinstance(tree, cst.SimpleStatementLine)
        node = tree.body[0]
        assert isinstance(node, cst.Import | cst.ImportFrom)
        assert not isinstance(node.names, cst.ImportStar)
        pairs = zip(node.names, statement.names, strict=True)
        kept = [alias for alias, known in pairs if known not in gone]
        # A comma behind the last one is only right in parentheses, where it may stay.
        if not getattr(node, "lpar", None):
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        changed = node.with_changes(names=kept)
        return _Edit(start, end, cst.Module([]).code_for_node(changed))
    rest = text[end:].partition("\n")[0]
    if rest.lstrip().startswith(";") or text[:start].rpartition("\n")[2].strip():
        # One of several statements on a line.
        return _Edit(start, end, "pass")
    end = min(end + len(rest) + 1, len(text))
    if text[:start].endswith("\n\n") and text[end : end + 1] in ("\n", ""):
        # Blank lines on both sides: one of the two gaps is enough.
        start = len(text[:start].rstrip("\n")) + 1
    return _Edit(start, end, "")


def _bindings(statement: ast.stmt) -> Iterator[tuple[ast.alias, str, tuple[str, ...]]]:
    """What an import binds: alias, name, and the modules that it may come from."""
    match statement:
        case ast.Import(names=names):
            for alias in names:
                yield alias, alias.asname or alias.name.partition(".")[0], (alias.name,)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            for alias in names:
                yield alias, alias.asname or alias.name, (module, f"{module}.{alias.name}")
        case ast.ImportFrom(names=names):
            for alias in names:
                yield alias, alias.asname or alias.name, ("",)
        case _:
            pass


def _uses(
    node: ast.AST, bound: set[str], lines: list[str], path: str, *, in_function: bool
) -> Iterator[NameUse]:
    """The longest dotted names that begin with one of these."""
    if isinstance(node, ast.Name | ast.Attribute):
        dotted = _dotted(node)
        if dotted.partition(".")[0] in bound:
            yield NameUse(_span(node, lines, path), dotted, in_function)
            return
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    inside = in_function or isinstance(node, functions)
    for child in ast.iter_child_nodes(node):
        yield from _uses(child, bound, lines, path, in_function=inside)


def _dotted(node: ast.AST) -> str:
    """`a.b.c` of nodes that spell a dotted name; empty for any other."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            before = _dotted(value)
            return f"{before}.{attribute}" if before else ""
        case _:
            return ""


def _is_of(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _walk(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it, in the order of the text."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def _names(root: cst.CSTNode) -> Iterator[str]:
    """The names that a piece of code looks up: neither attributes nor keywords."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Name):
            yield node.value
        elif isinstance(node, cst.Attribute | cst.Arg):
            pending.append(node.value)
        else:
            pending.extend(node.children)


def _span(node: ast.expr, lines: list[str], path: str) -> Span:
    end_line = node.end_lineno or node.lineno
    return Span(
        path,
        node.lineno,
        _column(lines, node.lineno, node.col_offset),
        end_line,
        _column(lines, end_line, node.end_col_offset or 0),
    )


def _range(text: str, node: ast.stmt | ast.expr) -> tuple[int, int]:
    lines = text.split("\n")
    end_line = node.end_lineno or node.lineno
    return (
        _offset(text, node.lineno, _column(lines, node.lineno, node.col_offset)),
        _offset(text, end_line, _column(lines, end_line, node.end_col_offset or 0)),
    )


def _column(lines: list[str], line: int, byte_offset: int) -> int:
    """`ast` counts UTF-8 bytes from 0; spans count code points from 1."""
    return len(lines[line - 1].encode()[:byte_offset].decode()) + 1


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column - 1
