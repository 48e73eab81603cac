"""How a block of statements can end before its last one."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import Unknown


class Return(Struct, frozen=True):
    """The function ended."""

    value: Any


class Break(Struct, frozen=True):
    """The loop ended."""


class Continue(Struct, frozen=True):
    """The loop goes on with the next item."""


class Maybe(Struct, frozen=True):
    """The block may have ended here or not.

    Attributes:
        in_loop: Whether only by `break` or `continue`: what comes after the loop is certain.
    """

    why: Unknown
    in_loop: bool = False


def stays_in_loop(signal: Signal) -> bool:
    """Whether a block that ends so ends nothing but a round of the loop, or the loop, around it."""
    return isinstance(signal, Break | Continue) or (isinstance(signal, Maybe) and signal.in_loop)


Signal = Return | Break | Continue | Maybe | None
