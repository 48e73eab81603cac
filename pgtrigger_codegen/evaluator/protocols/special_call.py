"""One call of a callable that the interpreter stands in for."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.source.span import Span


class SpecialCall(Struct, frozen=True):
    """A call: the callable, its arguments, and its place.

    Attributes:
        scope: The scope that the call stands in; None where real code makes it.
    """

    special: Special
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    span: Span
    scope: Scope | None

    def argument(self, position: int, name: str, default: object = None) -> Any:
        """An argument given by position or by name."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def unknown(self) -> Unknown | None:
        """The first argument that is not known."""
        return first_unknown([*self.args, *self.kwargs.values()])
