"""`include("base.py", optional("local.py"))` of django-split-settings.

The files are executed one after the other as part of the module that includes them: they share
its names, `__file__` too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import SourceSyntaxError, read_module
from pgtrigger_codegen.source.span import Span


class _Optional(Struct, frozen=True):
    """A pattern that need not match any file."""

    pattern: str


def _optional(vm: Machine, call: SpecialCall) -> Any:
    if (unknown := call.unknown()) is not None:
        return unknown
    return _Optional(str(call.argument(0, "filename") or ""))


def _include(vm: Machine, call: SpecialCall) -> Any:
    if call.scope is None or "scope" in call.kwargs:
        return Unknown("an `include` into other names is not followed", call.span)
    scope = call.scope.module_scope
    if vm.speculation is not None:  # in an `if` that may be taken or not
        scope.open_ended = vm.speculation
        return None
    folder = Path(call.span.path).parent
    for given in call.args:
        pattern = given.pattern if isinstance(given, _Optional) else given
        if not isinstance(pattern, str):
            # What it would set is not known: any name may come from it.
            scope.open_ended = call.unknown() or Unknown("what is included is not known", call.span)
            continue
        if not pattern:
            continue
        paths = sorted(folder.glob(pattern)) if not Path(pattern).is_absolute() else [Path(pattern)]
        paths = [path for path in paths if path.is_file()]
        if not paths and not isinstance(given, _Optional):
            raise PythonRaise(OSError(f"No such file: {pattern}"), call.span)
        for path in paths:
            _execute(vm, path, scope, call.span)
    return None


def _execute(vm: Machine, path: Path, scope: Scope, span: Span) -> None:

    module = scope.module
    try:
        vm.loader.finder.require_inside(path)
        included = read_module(
            module.name, path, is_package=module.is_package, first_party=module.first_party
        )
    except SourceSyntaxError as error:
        scope.open_ended = Unknown(f"`{path.name}` does not parse: {error.message}", error.span)
        return
    except OSError as error:
        reason = error.strerror or str(error)
        scope.open_ended = Unknown(f"`{path.name}` is not read: {reason}", span)
        return
    inner = Scope("module", included, names=scope.names)
    vm.execute_body(included.tree.body, inner)
    scope.open_ended = scope.open_ended or inner.open_ended


HANDLERS: dict[str, Handler] = {
    "split_settings.include": _include,
    "split_settings.optional": _optional,
}
