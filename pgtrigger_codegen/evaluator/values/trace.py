"""What was executed: which way conditions went, and which functions were called.

The census (`certificate/census.py`) finds declarations in the text by itself. Where one of them has
left nothing behind, this says why.
"""

from __future__ import annotations

import ast

from msgspec import Struct, field

from pgtrigger_codegen.source.module import Module

Place = tuple[str, int]
"""Path and line."""


class Trace(Struct):
    """What happened in the project's own modules.

    Attributes:
        decisions: By place of a condition: how it was decided, if it was.
        called: Where the functions stand that were called, by the line of their names.
    """

    decisions: dict[Place, set[bool]] = field(default_factory=dict)
    called: set[Place] = field(default_factory=set)

    def decide(self, module: Module, test: ast.expr, outcome: object) -> None:
        """Notes how a condition was decided."""
        if module.first_party:
            place = (str(module.path), test.lineno)
            self.decisions.setdefault(place, set()).add(bool(outcome))

    def call(self, module: Module, node: ast.AST) -> None:
        """Notes that a function is called."""
        if module.first_party:
            self.called.add((str(module.path), getattr(node, "lineno", 0)))
