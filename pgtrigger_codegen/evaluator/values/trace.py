"""The observer that keeps everything that it is told.

The census (`certificate/census.py`) finds declarations in the text by itself. Where one of them has
left nothing behind, this says why.
"""

from __future__ import annotations

import ast

from msgspec import Struct, field

from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.unread import Unread

Place = tuple[str, int]
"""Path and line."""


class Trace(Struct):
    """The events in the project's own modules, the assumptions, and the unread code.

    Attributes:
        decisions: By place of a condition: how it was decided, if it was.
        functions: Where the functions stand that were called, by the line of their names.
        mentioned: Names in functions that were not followed to their ends, and the reasons.
        assumptions: What was taken as given on the way.
        unread: What was passed over on the way, in which there may be triggers.
    """

    decisions: dict[Place, set[bool]] = field(default_factory=dict)
    functions: set[Place] = field(default_factory=set)
    mentioned: dict[str, str] = field(default_factory=dict)
    assumptions: set[Assumption] = field(default_factory=set)
    unread: set[Unread] = field(default_factory=set)

    def decided(self, module: Module, test: ast.expr, outcome: object) -> None:
        """Notes how a condition was decided."""
        if module.first_party:
            place = (str(module.path), test.lineno)
            self.decisions.setdefault(place, set()).add(bool(outcome))

    def called(self, module: Module, node: ast.AST) -> None:
        """Notes that a function is called."""
        if module.first_party:
            self.functions.add((str(module.path), getattr(node, "lineno", 0)))

    def unfinished(self, module: Module, node: ast.AST, reason: str) -> None:
        """Notes what a function mentions that it may not have come to."""
        if module.first_party:
            function = getattr(node, "name", "lambda")
            why = f"`{function}` may call it, and is not followed to its end: {reason}"
            for inner in walk(node):
                name = getattr(inner, "id", None) or getattr(inner, "attr", None)
                if name is not None:
                    self.mentioned.setdefault(name, why)

    def assumed(self, assumption: Assumption) -> None:
        """Notes what was taken as given."""
        self.assumptions.add(assumption)

    def passed_over(self, unread: Unread) -> None:
        """Notes what was not read."""
        self.unread.add(unread)
