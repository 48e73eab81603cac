"""The observer that hears what an evaluation depends on besides its values."""

from __future__ import annotations

import ast
from typing import Protocol

from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.unread import Unread


class Observer(Protocol):
    """Hears of every such event: there is one observer of an evaluation, and no other way to tell.

    The kinds of event are few, so that whoever keeps results can hear of all: five at most.
    """

    def decided(self, module: Module, test: ast.expr, outcome: object) -> None:
        """A condition in a module was decided, for what else the module could have done."""

    def called(self, module: Module, node: ast.AST) -> None:
        """A function of a module was called, from wherever that was."""

    def unfinished(self, module: Module, node: ast.AST, reason: str) -> None:
        """A function that was called is not followed to its end."""

    def assumed(self, assumption: Assumption) -> None:
        """Something was taken as given that the source does not settle."""

    def passed_over(self, unread: Unread) -> None:
        """Something was not read in which there may be declarations."""
