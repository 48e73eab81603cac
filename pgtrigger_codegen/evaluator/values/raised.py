"""Exceptions of interpreted code, on their way through ours."""

from __future__ import annotations

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import ReasonStep, Unknown
from pgtrigger_codegen.source.span import Span

MOST_FRAMES = 5


class Frame(Struct, frozen=True):
    """A call of a function of the user's that has not ended.

    Attributes:
        function: Its name.
        span: Where it is called; None where real code calls, or asks a generator for more.
        caller: The call in which that is; None in a module.
    """

    function: str
    span: Span | None
    caller: Frame | None


class PythonRaise(Exception):
    """An exception that the interpreted code raised or that a real call raised in it.

    Attributes:
        frame: The innermost call in which it was raised, noted as it leaves that.
    """

    def __init__(self, error: BaseException, span: Span | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.span = span
        self.frame: Frame | None = None


def traceback(frame: Frame | None, span: Span | None, raised: str) -> tuple[ReasonStep, ...]:
    """The lines on which calls stand and an exception is raised, innermost last.

    Args:
        frame: The innermost call; without one there is nothing to say.
        span: Where the exception is raised.
        raised: The exception, in words.
    """
    lines = [] if frame is None else [ReasonStep(f"in `{frame.function}`, {raised} here", span)]
    while frame is not None and len(lines) < MOST_FRAMES:
        caller = frame.caller
        if frame.span is not None:
            around = "" if caller is None else f"in `{caller.function}`, "
            lines.append(ReasonStep(f"{around}`{frame.function}` is called here", frame.span))
        frame = caller
    return tuple(reversed(lines))


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
