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
    """The block may have ended here or not."""

    why: Unknown


Signal = Return | Break | Continue | Maybe | None
