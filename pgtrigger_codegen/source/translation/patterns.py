"""The patterns of `match`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from pgtrigger_codegen.source.translation.expressions import expression, identifier
from pgtrigger_codegen.source.translation.places import Places

_SINGLETONS = {"None": None, "True": True, "False": False}


def pattern(node: cst.MatchPattern, at: Places) -> ast.pattern:
    """A pattern; parentheses around one are not part of it."""
    return _TRANSLATORS[type(node)](node, at)


def _value(node: cst.MatchValue, at: Places) -> ast.pattern:
    return ast.MatchValue(expression(node.value, at), **at.of(node.value))


def _singleton(node: cst.MatchSingleton, at: Places) -> ast.pattern:
    return ast.MatchSingleton(_SINGLETONS[node.value.value], **at.of(node.value))


def _bracketed(node: cst.MatchList, at: Places) -> ast.pattern:
    where = at.of(node) if node.lbracket is not None else _unbracketed_place(node.patterns, at)
    return ast.MatchSequence(_sequence(node.patterns, at), **where)


def _tuple(node: cst.MatchTuple, at: Places) -> ast.pattern:
    where = at.between(at.start(node.lpar[-1]), at.end(node.rpar[0]))
    return ast.MatchSequence(_sequence(node.patterns, at), **where)


def _unbracketed_place(
    nodes: Sequence[cst.MatchSequenceElement | cst.MatchStar], at: Places
) -> dict[str, Any]:
    first, last = nodes[0], nodes[-1]
    start = at.start(first) if isinstance(first, cst.MatchStar) else at.outer_start(first.value)
    if isinstance(last, cst.MatchStar):
        end = _star_end(last, at)
    else:
        end = at.outer_end(last.value)
    if isinstance(last.comma, cst.Comma):
        end = at.after(end, ",")
    return at.between(start, end)


def _sequence(
    nodes: Iterable[cst.MatchSequenceElement | cst.MatchStar], at: Places
) -> list[ast.pattern]:
    found: list[ast.pattern] = []
    for node in nodes:
        if isinstance(node, cst.MatchStar):
            name = None if node.name is None else identifier(node.name.value)
            where = at.between(at.start(node), _star_end(node, at))
            found.append(ast.MatchStar(name, **where))
        else:
            found.append(pattern(node.value, at))
    return found


def _star_end(node: cst.MatchStar, at: Places) -> tuple[int, int]:
    return at.end(node.name) if node.name else at.after(at.after(at.start(node), "*"), "_")


def _mapping(node: cst.MatchMapping, at: Places) -> ast.pattern:
    return ast.MatchMapping(
        [expression(element.key, at) for element in node.elements],
        [pattern(element.pattern, at) for element in node.elements],
        None if node.rest is None else identifier(node.rest.value),
        **at.of(node),
    )


def _class(node: cst.MatchClass, at: Places) -> ast.pattern:
    return ast.MatchClass(
        expression(node.cls, at),
        [pattern(element.value, at) for element in node.patterns],
        [identifier(element.key.value) for element in node.kwds],
        [pattern(element.pattern, at) for element in node.kwds],
        **at.of(node),
    )


def _as(node: cst.MatchAs, at: Places) -> ast.pattern:
    inner = None if node.pattern is None else pattern(node.pattern, at)
    name = None if node.name is None else identifier(node.name.value)
    start = at.outer_start(node.pattern) if node.pattern else at.after(at.start(node), "")
    end = at.end(node.name) if node.name else at.after(start, "_")
    return ast.MatchAs(inner, name, **at.between(start, end))


def _or(node: cst.MatchOr, at: Places) -> ast.pattern:
    return ast.MatchOr([pattern(one.pattern, at) for one in node.patterns], **at.of(node))


_TRANSLATORS: dict[type[cst.CSTNode], Callable[[Any, Places], ast.pattern]] = {
    cst.MatchValue: _value,
    cst.MatchSingleton: _singleton,
    cst.MatchList: _bracketed,
    cst.MatchTuple: _tuple,
    cst.MatchMapping: _mapping,
    cst.MatchClass: _class,
    cst.MatchAs: _as,
    cst.MatchOr: _or,
}
