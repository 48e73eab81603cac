"""Stage certificate: whether a condition depends on something that was only assumed.

By names alone, over any number of assignments, and so rather too often than not often enough.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Mapping

from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk

_MOST_NAMES = 200


class Dependencies:
    """The assumptions of an analysis, and the assignments through which they spread."""

    def __init__(self, assumptions: Iterable[Assumption], modules: Iterable[Module]) -> None:
        self._assumptions = tuple(assumptions)
        self._modules = tuple(modules)

    def assumption(self, condition: str, path: str, line: int) -> Assumption | None:
        """What a condition, which stands in that line, depends on; None if it is known."""
        if (direct := self._within(path, line, line)) is not None:
            return direct
        pending, seen = list(_names(condition)), set[str]()
        while pending and len(seen) < _MOST_NAMES:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            for where, first, last, names in self._assignments.get(name, ()):
                if (found := self._within(where, first, last)) is not None:
                    return found
                pending += names
        return None

    def _within(self, path: str, first: int, last: int) -> Assumption | None:
        for one in self._assumptions:
            if one.span.path == path and first <= one.span.line <= last:
                return one
        return None

    @functools.cached_property
    def _assignments(self) -> Mapping[str, list[tuple[str, int, int, frozenset[str]]]]:
        found: dict[str, list[tuple[str, int, int, frozenset[str]]]] = {}
        for module in self._modules:
            for node in walk(module.tree):
                match node:
                    case ast.Assign(targets=targets, value=value):
                        bound = {one for target in targets for one in _names_of(target)}
                    case ast.AnnAssign(target=target, value=ast.expr() as value):
                        bound = _names_of(target)
                    case ast.AugAssign(target=target, value=value):
                        bound = _names_of(target)
                    case ast.ImportFrom(names=aliases):
                        # The import itself may be of what is assumed (`sys.version_info`).
                        last = node.end_lineno or node.lineno
                        for alias in aliases:
                            names = frozenset({alias.name} if alias.asname else ())
                            entry = (str(module.path), node.lineno, last, names)
                            found.setdefault(alias.asname or alias.name, []).append(entry)
                        continue
                    case _:
                        continue
                last = node.end_lineno or node.lineno
                entry = (str(module.path), node.lineno, last, frozenset(_names_of(value)))
                for name in bound:
                    found.setdefault(name, []).append(entry)
        return found


def _names(condition: str) -> set[str]:
    try:
        return _names_of(ast.parse(condition.strip(), mode="eval"))
    except SyntaxError:
        return set()


def _names_of(node: ast.AST) -> set[str]:
    """Names and attributes (`settings.WITH_SHOP`) in an expression."""
    return {
        found
        for child in walk(node)
        if (found := getattr(child, "id", None) or getattr(child, "attr", None))
    }
