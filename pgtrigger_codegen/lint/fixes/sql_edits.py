"""Changes of SQL as edits of the Python source that the SQL stands in."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Edit
from pgtrigger_codegen.migrations.watching.recreations import Replacement
from pgtrigger_codegen.source.literals import Char, literal_runs, string_literals
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


def sql_edits(
    module: Module, operation: ast.expr, script: str, changes: Sequence[Replacement]
) -> tuple[Edit, ...] | None:
    """The edits that change a script of an operation.

    None where the script is no literal of the operation, or of a constant of the module that it
    names. What `dedent` and `strip` make of a literal is found in it again.
    """
    found = _literal(module, operation, script)
    if found is None:
        return None
    node, places = found
    left = _changed(script, changes)
    element = _element(operation, node)
    if element and not left.strip():
        return (_removed_element(module, *element),)
    runs = literal_runs(module, node)
    if len(runs) != 1:
        return None
    in_literal = (replace(one, start=places[one.start], end=places[one.end]) for one in changes)
    return tuple(edit for change in in_literal for edit in _edits(module, runs[0], change))


def _literal(
    module: Module, operation: ast.expr, script: str
) -> tuple[ast.Constant, list[int]] | None:
    """The one literal that is the script: in the operation, or in a constant that it names.

    With it come the places of the script's characters.
    """
    for tree in (operation, *_constants(module, operation)):
        # With the tree in a list, the tree itself is looked at too.
        literals = string_literals(ast.List([tree]))
        found = [
            (node, places)
            for node in literals
            if isinstance(node, ast.Constant) and (places := _places(str(node.value), script))
        ]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _places(value: str, script: str) -> list[int] | None:
    """Where each character of the script stands in the text, from which only blanks are gone."""
    places: list[int] = []
    place = 0
    for character in script:
        while place < len(value) and value[place] != character and value[place].isspace():
            place += 1
        if value[place : place + 1] != character:
            return None
        places.append(place)
        place += 1
    return None if value[place:].strip() else [*places, place]


def _constants(module: Module, operation: ast.expr) -> Iterator[ast.expr]:
    names = {node.id for node in ast.walk(operation) if isinstance(node, ast.Name)}
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in names:
                yield value
            case _:
                pass


def _changed(script: str, changes: Sequence[Replacement]) -> str:
    for change in sorted(changes, key=lambda change: change.start, reverse=True):
        script = script[: change.start] + change.content + script[change.end :]
    return script


def _element(operation: ast.expr, node: ast.Constant) -> tuple[ast.List | ast.Tuple, int] | None:
    """Where the literal stands in a list of several statements, with its parameters or without."""
    for listed in ast.walk(operation):  # outer ones first
        if isinstance(listed, ast.List | ast.Tuple):
            for index, element in enumerate(listed.elts):
                pair = element.elts if isinstance(element, ast.Tuple) else [element]
                if pair and pair[0] is node:
                    return (listed, index) if len(listed.elts) > 1 else None
    return None


def _removed_element(module: Module, parent: ast.List | ast.Tuple, index: int) -> Edit:
    """The element with the comma behind it, or with that before it if it is the last."""
    spans = [module.span(element) for element in parent.elts]
    span = spans[index]
    if index + 1 < len(spans):
        after = spans[index + 1]
        return Edit(Span(span.path, span.line, span.column, after.line, after.column), "")
    before = spans[index - 1]
    return Edit(
        Span(span.path, before.end_line, before.end_column, span.end_line, span.end_column), ""
    )


def _edits(module: Module, chars: Sequence[Char], change: Replacement) -> Iterator[Edit]:
    path = str(module.path)
    if change.start == change.end:
        before = chars[change.start - 1]
        place = (before.line, before.end_column)
        yield Edit(Span(path, *place, *place), change.content)
        return
    for first, last in _stretches(chars[change.start : change.end]):
        yield Edit(Span(path, first.line, first.column, *_end(last)), "")


def _stretches(chars: Sequence[Char]) -> Iterator[tuple[Char, Char]]:
    """Characters that stand side by side in the source: quotes may come in between."""
    first = last = chars[0]
    for char in chars[1:]:
        if (char.line, char.column) != _end(last):
            yield first, last
            first = char
        last = char
    yield first, last


def _end(char: Char) -> tuple[int, int]:
    """Where the next character begins; an escaped line break is no end of a line."""
    is_break = char.text == "\n" and char.end_column == char.column + 1
    return (char.line + 1, 1) if is_break else (char.line, char.end_column)
