"""Files that code reads when it is imported: text inside the project, and nothing else."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path, PurePath
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

_UTF_8 = (None, "utf-8", "utf8", "utf-8-sig", "UTF-8", "ascii")
_ASKED = {"exists": ("file", "folder"), "is_file": ("file",), "is_dir": ("folder",)}
_METHODS = frozenset({"open", "read_text", *_ASKED})
_WORDS = {"file": "a file", "folder": "a folder", "nothing": "not there"}


def is_file_method(function: Any) -> bool:
    """Whether it is a method of a path that reads the file, or asks whether it is there."""
    receiver = getattr(function, "__self__", None)
    return isinstance(receiver, PurePath) and function.__name__ in _METHODS


def call_file_method(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """`path.read_text(encoding)`, `path.open(mode, encoding=…)`, `path.exists()`."""
    unknown = first_unknown([*args, *kwargs.values()])
    if unknown is not None:
        return unknown
    if function.__name__ in _ASKED:
        return _is_there(vm, function.__self__, _ASKED[function.__name__], span)
    if function.__name__ == "read_text":
        return _read(vm, function.__self__, args[0] if args else kwargs.get("encoding"), span)
    mode = args[0] if args else kwargs.get("mode", "r")
    return _opened(vm, function.__self__, mode, kwargs.get("encoding"), span)


def enter(manager: Any, span: Span) -> Any:
    """What a context manager that is understood gives to `with … as`."""
    match manager:
        case Unknown():
            return manager
        case io.StringIO():
            return manager
        case contextlib.nullcontext():
            return manager.enter_result
    return Unknown("what a `with` statement gives is not evaluated", span)


def _open(vm: Machine, call: SpecialCall) -> Any:
    """`open(path, mode, encoding=…)`."""
    if (unknown := call.unknown()) is not None:
        return unknown
    mode = call.argument(1, "mode", "r")
    return _opened(vm, call.argument(0, "file"), mode, call.kwargs.get("encoding"), call.span)


def _opened(vm: Machine, path: Any, mode: Any, encoding: Any, span: Span) -> Any:
    if mode not in ("r", "rt"):
        return Unknown(f"a file opened with mode `{mode}` is not evaluated", span)
    text = _read(vm, path, encoding, span)
    return text if isinstance(text, Unknown) else io.StringIO(text)


def _read(vm: Machine, path: Any, encoding: Any, span: Span) -> Any:
    if encoding not in _UTF_8:
        return Unknown(f"a file in the encoding `{encoding}` is not read", span)
    if not isinstance(path, str | PurePath) or not PurePath(path).is_absolute():
        return Unknown("a file by a path that is not absolute is not read", span)
    return vm.host.read_text(Path(path), span)


def _ask(vm: Machine, call: SpecialCall) -> Any:
    """`os.path.exists(path)` and its kin."""
    if (unknown := call.unknown()) is not None:
        return unknown
    path = call.argument(0, "s" if call.special.name == "os.path.isdir" else "path")
    return _is_there(vm, path, call.special.receiver, call.span)


def _is_there(vm: Machine, path: Any, kinds: tuple[str, ...], span: Span) -> bool | Unknown:
    """Whether one of these kinds is at a path: an assumption, for another checkout may differ."""
    if not isinstance(path, str | PurePath):
        return Unknown("the argument is not a path", span)
    if not PurePath(path).is_absolute():
        return Unknown("the working directory is not known", span)
    found = vm.host.found_at(Path(path), span)
    if isinstance(found, Unknown):
        return found
    if not vm.host.takes_defaults:
        return Unknown(f"whether `{PurePath(path).name}` is there may change", span)
    shown, kind = found
    vm.assume(f"path {shown}", _WORDS[kind], span)
    return kind in kinds


NAMES = {
    "os.path.exists": Special("os.path.exists", _ASKED["exists"]),
    "os.path.isdir": Special("os.path.isdir", _ASKED["is_dir"]),
    "os.path.isfile": Special("os.path.isfile", _ASKED["is_file"]),
}
"""What the interpreter stands in for, by dotted path."""

HANDLERS: dict[str, Handler] = {"open": _open, **dict.fromkeys(NAMES, _ask)}
