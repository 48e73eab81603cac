"""A run that writes: an earlier run is cleaned up before, and what it reads is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pgtrigger_codegen.source import reads
from pgtrigger_codegen.transaction.journal import undo_killed_run


@contextmanager
def writing(directory: Path, say: Callable[[str], None]) -> Iterator[None]:
    """For the whole of a run that writes: the files that it reads must not change meanwhile.

    Args:
        directory: The project's folder.
        say: Is told when changes of a killed run were undone.

    Raises:
        CodegenError: Another run is writing, or the changes of a killed run cannot be undone.
    """
    undone = undo_killed_run(directory)
    if undone is not None:
        say(
            f"note: an earlier run was killed while it wrote files; its changes in {undone} are "
            "undone"
        )
    with reads.noted():
        yield
