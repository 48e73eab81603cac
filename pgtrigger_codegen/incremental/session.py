"""The running command: whether its result can be used again, and where."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pgtrigger_codegen.crashes import any_met
from pgtrigger_codegen.source import deferred

if TYPE_CHECKING:
    from pgtrigger_codegen.incremental.memory import Memory
    from pgtrigger_codegen.incremental.packages import PackageFacts


class Session(Struct):
    """A command that runs.

    Attributes:
        root: The project whose cache its result may go to; None as long as it has not said so.
        memory: What it keeps besides its result.
        packages: What it knows of installed packages.
    """

    root: Path | None = None
    memory: Memory | None = None
    packages: PackageFacts | None = None


def memory_for(settings: str | None) -> Memory | None:
    """What the running command may take from earlier runs, and keep for later ones.

    Args:
        settings: The settings module that was asked for.
    """
    if _running is None:
        return None
    if _running.memory is None:
        from pgtrigger_codegen.incremental.memory import Memory

        _running.memory = Memory(settings, os.environ)
    return _running.memory


def use_package_facts(root: Path) -> None:
    """From here to its end, the running command asks for facts about packages, and tells new ones.

    Args:
        root: The project that it reads.
    """
    if _running is not None:
        from pgtrigger_codegen.incremental.packages import facts_for

        _running.packages = facts_for(root)
        deferred.ask(_running.packages)


def reusable_in(root: Path) -> None:
    """Says that the running command only reads, and all it says is on the standard streams."""
    if _running is not None and not any_met():
        _running.root = root


@contextmanager
def session() -> Iterator[Session]:
    """Gives what the command that runs in the block says of itself."""
    global _running  # noqa: PLW0603  (commands are called by click, with the user's arguments)
    _running = Session()
    try:
        with deferred.kept_by(None):
            yield _running
    finally:
        _running = None


_running: Session | None = None
