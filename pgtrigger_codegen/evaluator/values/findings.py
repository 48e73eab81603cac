"""What was declared on the way: registrations, receivers, and where and when."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


class Moment(Struct, frozen=True):
    """When code ran: as part of which top-level statement, and in which turn within it.

    Attributes:
        module: Of the statement; None for code that Django calls back when all is imported.
    """

    module: str | None
    line: int
    turn: int


class Registration(Struct, frozen=True):
    """One `register` that happened.

    Attributes:
        model: ModelClass, ThroughModel, ModelReference, or Unknown.
        trigger: A real trigger, or Unknown.
        module: The module whose code made the call.
        span: The call that registers.
        hook: Whether it ran inside a hook (`class_prepared`, `__init_subclass__`, `ready()`).
        provided: Whether a library registers it, for something that the module declares.
        removes: Whether it is `unregister`, which takes back what is registered so far.
    """

    model: Any
    trigger: Any
    module: Module
    span: Span
    hook: bool = False
    provided: bool = False
    removes: bool = False


class Receiver(Struct, frozen=True):
    """A function that was connected to `class_prepared`.

    Attributes:
        sender: The only model it is called for, None for all.
        moment: When it was connected: it is called for models prepared after that.
        doubt: Why it may not be called, or not as noted here.
    """

    function: Any
    sender: Any
    module: Module
    span: Span
    moment: Moment
    doubt: Unknown | None


class Origin(Struct, frozen=True):
    """Where a real object was made: the call expression."""

    value: Any
    span: Span
    class_name: str
