"""Counts the steps done so far: every walk through a value adds to them.

A step is a node of the syntax tree that is executed or evaluated. Real code that reads a value item
by item, and we ourselves where we look into one, take time in proportion to its size, and so cost
steps in proportion. A value of usual size costs none.
"""

from __future__ import annotations

from typing import Any

ITEMS_A_STEP = 10
"""How many items are walked through, copied or compared in the time of one step."""

CHARACTERS_A_STEP = 250
"""The same for the characters of a text, less for the time than for the memory they take."""


class Work:
    """The count of one process.

    It is never reset, so that only differences mean something; each interpreter takes its own.

    Attributes:
        steps: All steps so far.
    """

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps = 0

    def items(self, count: int) -> None:
        """Counts items that are walked through."""
        self.steps += count // ITEMS_A_STEP

    def text(self, value: Any) -> None:
        """Counts the characters of a text; nothing else has any."""
        if isinstance(value, str | bytes):
            self.steps += len(value) // CHARACTERS_A_STEP

    def sized(self, value: Any) -> None:
        """Counts a text or a container, but nothing of what its items hold."""
        if isinstance(value, str | bytes):
            self.steps += len(value) // CHARACTERS_A_STEP
        elif isinstance(value, _CONTAINERS):
            self.steps += len(value) // ITEMS_A_STEP


_CONTAINERS = (list, tuple, dict, set, frozenset)
WORK = Work()
