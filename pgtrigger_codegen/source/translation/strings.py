"""Strings: adjacent ones are one, f-strings and t-strings hold expressions.

A part is written as PEP 701 has it since Python 3.12: with any quotes, backslashes, line ends and
comments in it. Each piece stands at its own place, as it does in the trees of these Pythons.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import libcst as cst

from pgtrigger_codegen.source.translation.nodes import Interpolation, TemplateStr
from pgtrigger_codegen.source.translation.places import Places

Translate = Callable[[cst.BaseExpression, Places], ast.expr]
_Formatted = cst.FormattedString | cst.TemplatedString
_ESCAPED_OR_QUOTE = re.compile(r'(\\.)|"', re.DOTALL)
_STRING_OR_COMMENT = re.compile(r"""("[^"\n]*"|'[^'\n]*')|\#[^\n]*""")
_FormattedPart = cst.FormattedStringExpression | cst.TemplatedStringExpression


def string(
    node: cst.SimpleString | cst.ConcatenatedString | _Formatted, at: Places, expression: Translate
) -> ast.expr:
    """One string, or several that stand beside each other."""
    pieces = list(_pieces(node))
    where = at.of(node)
    if all(isinstance(piece, cst.SimpleString) for piece in pieces):
        values = [ast.literal_eval(piece.value) for piece in pieces]
        joined: str | bytes = (b"" if isinstance(values[0], bytes) else "").join(values)
        return ast.Constant(joined, kind=_kind(pieces[0]), **where)
    parts: list[ast.expr] = []
    template = any(isinstance(piece, cst.TemplatedString) for piece in pieces)
    for piece in pieces:
        if isinstance(piece, cst.SimpleString):
            value = ast.literal_eval(piece.value)
            parts.append(ast.Constant(value, kind=_kind(piece), **at.of(piece)))
        else:
            raw = "r" in piece.start.lower()
            parts += _parts(piece.parts, raw, at, expression)
    merged = _merged(parts)
    return TemplateStr(merged, **where) if template else ast.JoinedStr(merged, **where)


def _pieces(node: Any) -> Iterator[Any]:
    pending = [node]
    while pending:
        piece = pending.pop()
        if isinstance(piece, cst.ConcatenatedString):
            pending += [piece.right, piece.left]
        else:
            yield piece


def _kind(piece: cst.SimpleString | _Formatted) -> str | None:
    return "u" if isinstance(piece, cst.SimpleString) and piece.prefix == "u" else None


def _parts(
    contents: Sequence[cst.CSTNode],
    raw: bool,
    at: Places,
    expression: Translate,
    *,
    within_spec: bool = False,
) -> Iterator[ast.expr]:
    for part in contents:
        if isinstance(part, cst.FormattedStringText | cst.TemplatedStringText):
            yield ast.Constant(_decoded(part.value, raw), **at.of(part))
        elif isinstance(part, _FormattedPart):
            yield from _replacement(part, raw, at, expression, within_spec=within_spec)


def _replacement(
    part: _FormattedPart, raw: bool, at: Places, expression: Translate, *, within_spec: bool
) -> Iterator[ast.expr]:
    """`{value=!r:spec}`; with the equals sign, what is written is a part of its own."""
    (line, column), inner = at.start(part), part.expression
    start = (line, column + 1)
    written = at.text(start, at.outer_end(inner))
    conversion = ord(part.conversion) if part.conversion else -1
    if part.equal is not None:
        end = at.after(at.after(at.outer_end(inner), "="), "")
        yield ast.Constant(_without_comments(at.text(start, end)), **at.between(start, end))
        if conversion == -1 and part.format_spec is None:
            conversion = ord("r")
    spec = None
    if part.format_spec is not None:
        pieces = _merged(list(_parts(part.format_spec, raw, at, expression, within_spec=True)))
        end_line, end_column = at.end(part)
        spec_end = (end_line, end_column - 1)
        first = at.start(part.format_spec[0]) if part.format_spec else spec_end
        spec = ast.JoinedStr(pieces, **at.between((first[0], first[1] - 1), spec_end))
    value = expression(inner, at)
    if isinstance(part, cst.TemplatedStringExpression) and not within_spec:
        yield Interpolation(value, written.rstrip(), conversion, spec, **at.of(part))
    else:
        yield ast.FormattedValue(value, conversion, spec, **at.of(part))


def _without_comments(text: str) -> str:
    return _STRING_OR_COMMENT.sub(lambda found: found[1] or "", text) if "#" in text else text


def _decoded(written: str, raw: bool) -> str:
    text = written.replace("{{", "{").replace("}}", "}")
    if raw or "\\" not in text:
        return text
    backslashes = len(text) - len(text.rstrip("\\"))
    if backslashes % 2:  # stands before a brace, and for itself
        text += "\\"
    text = _ESCAPED_OR_QUOTE.sub(lambda found: found[1] or '\\"', text)
    decoded: str = ast.literal_eval(f'"""{text}"""')
    return decoded


def _merged(parts: list[ast.expr]) -> list[ast.expr]:
    """Adjacent constants are one, and empty ones none."""
    merged: list[ast.expr] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
            last.value = str(last.value) + str(part.value)
            last.end_lineno, last.end_col_offset = part.end_lineno, part.end_col_offset
        else:
            merged.append(part)
    return [part for part in merged if not (isinstance(part, ast.Constant) and part.value == "")]
