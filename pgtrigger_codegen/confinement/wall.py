"""The hook: armed for as long as anything of a project is evaluated, compiled or rendered."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from _thread import get_ident
from collections.abc import Callable
from contextlib import ContextDecorator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final

from pgtrigger_codegen.confinement import deeds
from pgtrigger_codegen.confinement.frames import INSIDE
from pgtrigger_codegen.confinement.imports import Imports

_OWN: Final = str(Path(__file__).parents[1])
_EVALUATOR: Final = f"{_OWN}{os.sep}evaluator{os.sep}"

DOORS = frozenset(
    {
        ("incremental/codec_types.py", "evaluated_annotations"),
        ("incremental/worker.py", "fork"),
        ("incremental/worker.py", "_send"),
        ("cli/terminal.py", "begin"),
        ("evaluator/library/lookup.py", "load"),
        ("project/git.py", "ask"),
        ("providers/loading.py", "_load"),
        ("server/standing.py", "_next"),
        ("sql/parser.py", "_call"),
    }
)
"""Our own functions that do more than read in the middle of a run, by file and name."""


class Escape(BaseException):
    """Code that is only read was about to act: the hole that it found is a bug of ours.

    A BaseException, which no `except Exception` of a library holds up.

    Attributes:
        deed: What it tried to do.
        place: The statement that was being evaluated, if any.
    """

    def __init__(self, deed: str, place: str | None = None) -> None:
        super().__init__(deed)
        self.deed = deed
        self.place = place

    def at(self, place: str) -> None:
        """Notes what was being evaluated; the innermost that says so is right."""
        self.place = self.place or place

    def __str__(self) -> str:
        who = f"the code at {self.place}" if self.place else "code of the project"
        return (
            f"internal error: {who} tried to {self.deed}, which code that is only read must never "
            "do; it was stopped before it did\n"
            "  help: do not run this code before you have looked at it, and please report how it "
            "came so far"
        )


class confined(ContextDecorator):  # noqa: N801  (used as a function is)
    """Arms the wall, for a block or for the calls of a function.

    Raises:
        Escape: At the end, where something was refused and the refusal has been swallowed.
    """

    def __enter__(self) -> None:
        global _armed  # noqa: PLW0603  (Python calls one hook for all)
        if not _installed:
            _install()
        _armed += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        global _armed, _escape  # noqa: PLW0603
        _armed -= 1
        escape = _escape
        if not _armed:
            _escape = None
        if escape is not None and error is not escape:
            raise escape


class trusted:  # noqa: N801  (used as a function is)
    """A door in the wall, for this thread and a block of one of the functions in `DOORS`.

    Raises:
        Escape: Anybody else wants to go through.
    """

    def __enter__(self) -> None:
        if _armed and _place(sys._getframe(1)) not in DOORS:
            _refuse("open a door in the wall")
        thread = get_ident()
        _open[thread] = _open.get(thread, 0) + 1

    def __exit__(self, *_: object) -> None:
        thread = get_ident()
        _open[thread] -= 1
        if not _open[thread]:
            del _open[thread]


def check() -> None:
    """Makes sure that nothing was refused so far.

    Raises:
        Escape: Something was.
    """
    if _escape is not None:
        raise _escape


def _place(frame: FrameType) -> tuple[str, str]:
    code = frame.f_code
    return _within_package(code.co_filename), code.co_name


@functools.lru_cache(maxsize=1024)
def _within_package(path: str) -> str:
    """A file's path from the package on; each parse of SQL opens a door, and asks for it."""
    return os.path.relpath(path, _OWN).replace(os.sep, "/")


def _refuse(what: str) -> None:
    global _escape  # noqa: PLW0603
    if _escape is None:
        _escape = Escape(what)
    raise _escape


def _install() -> None:
    global _installed  # noqa: PLW0603
    _installed = True
    # What remembers a result needs a door now and then, but no wall, and not what that takes.
    importlib.import_module("pgtrigger_codegen.confinement.generated")
    sys.addaudithook(_on_event)  # there is no way to take one off again


def _on_event(event: str, args: tuple[Any, ...]) -> None:
    if not _armed:
        return
    try:
        judge = _JUDGES[event]
    except KeyError:
        judge = _JUDGES[event] = _judge_effect if deeds.deed(event) else None
    if judge is None or (judge is _judge_look_inside and args[1] not in INSIDE):
        return
    thread = get_ident()
    # Looking at frames makes events of its own.
    if thread in _open or thread in _judging:
        return
    _judging.add(thread)
    try:
        what = judge(event, args, sys._getframe(1))
    finally:
        _judging.discard(thread)
    if what is not None:
        _refuse(what)


def _judge_effect(event: str, args: tuple[Any, ...], frame: FrameType) -> str | None:
    if _imports.is_importing(frame):
        return None
    return f"{deeds.deed(event)} ({event}{_shown(args)})"


def _judge_open(event: str, args: tuple[Any, ...], frame: FrameType) -> str | None:
    path, mode, flags = args
    if not deeds.is_writing(mode, flags) or _imports.is_importing(frame):
        return None
    return f"write the file {path!r}"


def _judge_import(event: str, args: tuple[Any, ...], frame: FrameType) -> str | None:
    return None if _imports.may_import(args[0], frame) else f"import the module {args[0]!r}"


def _judge_compile(event: str, args: tuple[Any, ...], frame: FrameType) -> str | None:
    from pgtrigger_codegen.confinement import generated

    file = frame.f_code.co_filename
    if file in generated.READERS or _imports.is_importing(frame):
        return None
    return "compile code from text"


def _judge_exec(event: str, args: tuple[Any, ...], frame: FrameType) -> str | None:
    from pgtrigger_codegen.confinement import generated

    written = frame.f_code.co_filename in generated.WRITERS
    if (written and generated.is_plain(args[0])) or _imports.is_importing(frame):
        return None
    return "run code made from text"


def _judge_look_inside(event: str, args: tuple[Any, ...], frame: FrameType) -> str | None:
    if frame.f_code.co_filename.startswith(_EVALUATOR):
        return f"look inside a function or a frame (`{args[1]}`)"
    return None


def _shown(args: tuple[Any, ...]) -> str:
    first = args[0] if args else None
    return f": {first!r:.100}" if isinstance(first, str | bytes | list | tuple) else ""


_Judge = Callable[[str, tuple[Any, ...], FrameType], str | None]
_imports: Final = Imports(_EVALUATOR)
_armed = 0
_installed = False
_escape: Escape | None = None
_open: Final[dict[int, int]] = {}
_judging: Final[set[int]] = set()
_JUDGES: Final[dict[str, _Judge | None]] = {
    "open": _judge_open,
    "import": _judge_import,
    "compile": _judge_compile,
    "exec": _judge_exec,
    **dict.fromkeys(deeds.LOOKS_INSIDE, _judge_look_inside),
}
