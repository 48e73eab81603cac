"""Whole processes, timed from outside, in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command to time.

    Attributes:
        before: Is called before each run, and not timed.
        exit_codes: How it may end.
        variables: Of its environment, besides those of ours.
    """

    arguments: Sequence[str]
    folder: Path
    before: Callable[[], object] = lambda: None
    exit_codes: frozenset[int] = frozenset({0})
    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The variables that it runs with."""
        return {**os.environ, **self.variables}


@dataclass
class Runs:
    """What some runs of one command took.

    Attributes:
        seconds: From start to end, by the clock on the wall.
        memory: Megabytes; of its largest process.
    """

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float:
        return statistics.median(self.memory)


def in_turn(commands: Sequence[Command], runs: int) -> list[Runs]:
    """Times commands A B A B …, after a run of each that does not count.

    So a machine that gets slower or faster meanwhile does so for all of them.
    """
    results = [Runs() for _ in commands]
    for number in range(runs + 1):
        for command, result in zip(commands, results, strict=True):
            seconds, memory = run(command)
            if number:
                result.seconds.append(seconds)
                result.memory.append(memory)
    return results


def ratio(slow: Runs, fast: Runs) -> float:
    """How many times as long the first took, the median over pairs of runs."""
    pairs = zip(slow.seconds, fast.seconds, strict=True)
    return statistics.median(a / b for a, b in pairs)


def run(command: Command) -> tuple[float, float]:
    """Runs a command once: seconds, and the megabytes of its largest process."""
    command.before()
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  (ours)
        command.arguments,
        cwd=command.folder,
        env=command.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in command.exit_codes:
        raise RuntimeError(f"{' '.join(command.arguments)} ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024
