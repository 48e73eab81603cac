"""Contains a bug of ours in one module, trigger, body or rule, so that the run goes on.

Whatever goes wrong behind a barrier is a fact like others: that thing was not read, and the run
ends with exit code 2 however much else was found. The barriers are few: the interpreter's outermost
evaluation, the reading of a file, a trigger's compilation, a model's rendering, a migration's
operation, a function's body, a rule, and the command as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from msgspec import Struct

from pgtrigger_codegen.confinement.wall import Escape
from pgtrigger_codegen.errors import CodegenError

T = TypeVar("T")

# What is no crash: an error that says what to do, an end that was asked for, the second wall.
_MEANT: tuple[type[BaseException], ...] = (CodegenError, Escape, GeneratorExit, KeyboardInterrupt)

REPORT = "please report it, with the output of `--traceback`"


class Crash(Struct, frozen=True):
    """One bug of ours that was met.

    Attributes:
        where: What was being done, in a word or two ("rule PGT305").
        reason: In words, without an end.
        details: The traceback.
    """

    where: str
    reason: str
    details: str


def contain(where: str, action: Callable[[], T], *passed: type[BaseException]) -> T | Crash:
    """Does something, and gives what went wrong in place of its result.

    Args:
        passed: Exceptions that the caller knows what to do with.
    """
    try:
        return action()
    except passed + _MEANT:
        raise
    except BaseException as error:  # the last resort is what this is for
        if _surfacing:
            raise
        crash = _crash(where, error)
        _met.append(crash)
        return crash


@contextmanager
def met() -> Iterator[list[Crash]]:
    """Gives the crashes of a run, as they come; those before are forgotten."""
    _met.clear()
    yield _met


def any_met() -> bool:
    """Whether something has crashed in this run."""
    return bool(_met)


def surface(*, everything: bool) -> None:
    """Lets crashes through all barriers, to be seen by whoever looks for bugs."""
    global _surfacing  # noqa: PLW0603  (for the whole process, from the command line or from tests)
    _surfacing = everything


def _crash(where: str, error: BaseException) -> Crash:
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  (an exception may have a faulty `__str__`)
        text = ""
    import traceback  # not needed by those who only ask whether there was a crash

    kind = type(error).__name__
    said = f"{kind}: {text:.300}" if text else kind
    details = "".join(traceback.format_exception(error, limit=-40))
    return Crash(where, f"internal error in {where} ({said})", details)


_met: list[Crash] = []
_surfacing = False
