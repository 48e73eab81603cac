"""A domain without libraries: only Python's rules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement, Maker
from pgtrigger_codegen.evaluator.protocols.machine import Caller, Handler, Machine, Reader
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

_NONE: Mapping[Any, Any] = MappingProxyType({})


class PlainPython:
    """A domain that knows nothing."""

    names: Mapping[str, Any] = _NONE
    handlers: Mapping[str, Handler] = _NONE
    readers: Mapping[type, Reader] = _NONE
    callers: Mapping[type, Caller] = _NONE
    special_attributes: Mapping[str, Reader] = _NONE
    special_items: Mapping[str, Callable[[Machine, Special, Any, Span], Any]] = _NONE
    makers: Mapping[int, Maker] = _NONE
    events: Mapping[type, Callable[[Machine, Any], None]] = _NONE
    postponed_arguments: frozenset[str] = frozenset()
    words: Sequence[bytes] = ()
    lists_added_to: Sequence[str] = ()

    def registers(self, vm: Machine, value: Any) -> bool:
        """Nothing does."""
        return False

    def mentions_registration(self, vm: Machine, node: ast.AST, module: Module) -> bool:
        """Nothing does."""
        return False

    def notes_calls(self, function: Any) -> bool:
        """None is noted."""
        return False

    def note_origin(self, vm: Machine, value: Any, span: Span) -> Any:
        """The value as it is."""
        return value

    def call_unread(
        self, vm: Machine, unknown: Unknown, args: Iterable[Any], span: Span, scope: Scope | None
    ) -> Unknown:
        """Why there is no outcome."""
        return unknown

    def provided(self, vm: Machine, dotted: str) -> Special | None:
        """No library is known."""
        return None

    def inward(self, vm: Machine, value: Any) -> Any:
        """By Python's rules."""
        return NotImplemented

    def rendered(self, vm: Machine, value: Any) -> Any:
        """The value as it is."""
        return value

    def resolved(self, vm: Machine, value: Any, span: Span) -> Any:
        """The value as it is."""
        return value

    def compared(self, vm: Machine, left: Any, right: Any, span: Span) -> tuple[Any, Any]:
        """Two values as they are."""
        return left, right

    def real_attribute(self, vm: Machine, value: Any, name: str, span: Span) -> Any:
        """By Python's rules."""
        return NotImplemented

    def assign_attribute(self, vm: Machine, target: Any, name: str, value: Any, span: Span) -> bool:
        """By Python's rules."""
        return False

    def called(
        self, vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
    ) -> Any:
        """By Python's rules."""
        return NotImplemented

    def postponed(
        self, vm: Machine, node: ast.Assign | ast.keyword, scope: Scope, function: Any = None
    ) -> Any:
        """Nothing waits."""
        return NotImplemented

    def namespace(self, bases: Sequence[Any]) -> dict[str, Any] | None:
        """Names for a class with a base that is not known, which cannot be made real."""
        return None if first_unknown(list(bases)) is None else {}

    def base(self, vm: Machine, base: Any, span: Span) -> Any:
        """The base as it is."""
        return base

    def make_class(self, vm: Machine, statement: ClassStatement, broken: Unknown | None) -> Any:
        """Why there is no such class."""
        parts = [*statement.bases, *statement.keywords.values()]
        reason = f"the class `{statement.node.name}` is not evaluated"
        return broken or first_unknown(parts) or Unknown(reason, statement.span)

    def decorated(self, vm: Machine, value: Any, function: Any, result: Any, span: Span) -> Any:
        """What the decorator gave."""
        return result
