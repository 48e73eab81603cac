"""How much an evaluation may cost: passing a limit makes the value `Unknown`, never a hang."""

from __future__ import annotations

STEPS = 100_000
"""Statements and expressions that one top-level statement may cost."""

STEPS_OF_A_RUN = 10_000_000
"""What all statements of a run may cost together: some ten times what a large project takes."""

STEPS_OF_A_CALL = 9
"""What a call from real code back to the interpreter costs besides."""

STEPS_OF_A_FUNCTION = 5
"""What a new function costs besides."""

STEPS_OF_A_CLASS = 100
"""What a new class costs besides: Python takes as long for it as for so many expressions."""

SECONDS_OF_A_RUN = 60
"""Processor time that all evaluations of a run may take: no project comes near it."""

BYTES_OF_A_RUN = 768 << 20
"""How much the process may grow while a run evaluates, which no project comes near either."""

DEPTH = 60
"""Nested calls of interpreted functions."""


class LimitPassed(Exception):
    """An operation would cost more than is allowed; its text says what."""
