"""Makes the program faster: from run to run, and by a second process.

Nothing here has a say in what is found out. Without this folder, and with `cli/speed.py` naming
`cli/plain.py` in its place, every command still works, slower.

This is all that the command line knows of it. A result that is only repeated needs neither Django
nor the stages, so that each part is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgtrigger_codegen.engine import Engine
    from pgtrigger_codegen.incremental.process_memory import ProcessMemory


def run(command: Callable[[], int], arguments: Sequence[str]) -> int:
    """Runs a command, or repeats what it printed when it read the same; gives its exit code."""
    from pgtrigger_codegen.incremental.console import run_or_repeat

    return run_or_repeat(command, arguments)


def engine_for(settings: str | None, *, keeps: bool, replays: bool) -> Engine:
    """How a command gets its work done.

    Args:
        settings: The settings module that was asked for.
        keeps: Whether what earlier runs found out may be used, and what this one finds kept; not
            where files are to be taken for other than they are on disk.
        replays: Whether it needs the migrations too.
    """
    from pgtrigger_codegen.incremental.engine import Incremental
    from pgtrigger_codegen.incremental.session import memory_for

    return Incremental(memory_for(settings) if keeps else None, replays=replays)


def reusable(root: Path) -> None:
    """Says that the running command only reads, and all it says is on the standard streams."""
    from pgtrigger_codegen.incremental.session import reusable_in

    reusable_in(root)


def kept_in_process() -> ProcessMemory:
    """What a process keeps that goes on after a run, and has each run done by a fork of itself."""
    from pgtrigger_codegen.incremental.process_memory import ProcessMemory

    return ProcessMemory()


def clean(root: Path) -> str:
    """Deletes what is kept of a project; gives what there is to say.

    Raises:
        CodegenError: It cannot be deleted, or is not ours.
    """
    from pgtrigger_codegen.incremental.cleaning import clean_project

    return clean_project(root)
