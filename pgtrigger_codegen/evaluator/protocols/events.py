"""Events in the user's code that may declare something, unless a library handles them.

A domain has a row for each kind of event that concerns it (`Tables.events`).
"""

from __future__ import annotations

import ast
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


class Changed(Struct, frozen=True):
    """An attribute of something that is not the project's own is assigned or deleted.

    Attributes:
        name: None where the name is not known.
    """

    target: Any
    name: str | None
    span: Span


class ClassMade(Struct, frozen=True):
    """A class of the user's was made real."""

    cls: type


class Ended(Struct, frozen=True):
    """A function could not be followed to its end."""

    function: Any  # a `Function`, which a checker would bind
    unknown: Unknown
    span: Span


class Imported(Struct, frozen=True):
    """A module is imported, by its dotted name."""

    name: str
    scope: Scope
    span: Span


class ImportedUnknown(Struct, frozen=True):
    """A module imports another, and which one is not known."""

    module: Module
    unknown: Unknown
    span: Span


class Refused(Struct, frozen=True):
    """A real call was refused for its arguments."""

    args: tuple[Any, ...]
    unknown: Unknown
    span: Span


class Stopped(Struct, frozen=True):
    """A statement of a module or class ended early."""

    node: ast.stmt
    unknown: Unknown
    scope: Scope


class UnreadCall(Struct, frozen=True):
    """A decorator or a base of a package's gave nothing that is known."""

    node: ast.expr
    unknown: Unknown
    scope: Scope


Event = Changed | ClassMade | Ended | Imported | ImportedUnknown | Refused | Stopped | UnreadCall
