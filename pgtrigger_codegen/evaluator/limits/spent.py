"""The total cost of all evaluations of a run, in steps, time and memory.

The steps end nearly all that would not end, and are the same on every machine. Time and memory are
for what nobody has thought of: their limits are so wide that no project meets them by chance.
"""

from __future__ import annotations

import sys
import time

from pgtrigger_codegen.evaluator.limits import totals

_STEPS_BETWEEN_LOOKS = 1_000
"""Time and memory are looked at after so many steps."""


class Spent:
    """The totals of one interpreter.

    Attributes:
        steps: Of the evaluations that are done.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._looked = 0
        self._seconds = 0.0
        self._began = 0.0
        self._nested = 0
        self._at_start = time.process_time()
        self._bytes = _peak()
        self._passed: str | None = None

    def begin(self) -> None:
        """An evaluation begins, maybe within another one."""
        if self._nested == 0:
            self._began = time.perf_counter()
        self._nested += 1

    def end(self, steps: int) -> None:
        """It has ended, after so many steps of its own."""
        self.steps += steps
        self._nested -= 1
        if self._nested == 0:
            self._seconds += time.perf_counter() - self._began

    def passed(self) -> str | None:
        """Which total is used up, in words; None as long as none is."""
        if self.steps > totals.STEPS_OF_A_RUN:
            return f"evaluating the project takes more than {totals.STEPS_OF_A_RUN} steps in all"
        if self._passed is None and self.steps >= self._looked + _STEPS_BETWEEN_LOOKS:
            self._looked = self.steps
            self._passed = self._look()
        return self._passed

    def _look(self) -> str | None:
        seconds = self._seconds
        if self._nested:
            seconds += time.perf_counter() - self._began
        # To ask the kernel for the processor's time costs more than most evaluations do. So the
        # time of day adds up what they take, and the processor's says whether the run was halted.
        limit = totals.SECONDS_OF_A_RUN
        if seconds > limit and time.process_time() - self._at_start > limit:
            return (
                f"evaluating the project takes more than {totals.SECONDS_OF_A_RUN} s of processor"
                " time in all"
            )
        if _peak() - self._bytes > totals.BYTES_OF_A_RUN:
            return (
                f"evaluating the project takes more than {totals.BYTES_OF_A_RUN >> 20} MiB of"
                " memory in all"
            )
        return None


def _peak() -> int:
    """The most bytes that the process has held so far; 0 where that is not told."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
