"""How a block of statements can end before its last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgtrigger_codegen.evaluator.values.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Return:
    """The function ended."""

    value: Any


@dataclass(frozen=True, slots=True)
class Break:
    """The loop ended."""


@dataclass(frozen=True, slots=True)
class Continue:
    """The loop goes on with the next item."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """The block may have ended here or not."""

    why: Unknown


Signal = Return | Break | Continue | Maybe | None
