"""Exceptions of interpreted code, on their way through ours."""

from __future__ import annotations

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span


class PythonRaise(Exception):
    """An exception that the interpreted code raised or that a real call raised in it."""

    def __init__(self, error: BaseException, span: Span | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.span = span


class UnknownRaise(Exception):
    """In place of an exception that is raised, and of which something is not known.

    Attributes:
        unknown: What of it.
        kind: Its class, where that is known.
    """

    def __init__(self, unknown: Unknown, kind: type[BaseException] | None) -> None:
        named = f"raises {kind.__name__}" if kind is not None else None
        super().__init__(named or f"raises an exception that is not known: {unknown.reason}")
        self.unknown = unknown
        self.kind = kind


def is_error_of(error: BaseException, kind: type) -> bool:
    """Whether an exception is certainly of a class."""
    if not isinstance(error, UnknownRaise):
        return isinstance(error, kind)
    if error.kind is None:  # nobody raises what is no `Exception` by way of something unknown
        return kind in (Exception, BaseException)
    return issubclass(error.kind, kind)
