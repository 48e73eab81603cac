"""How a command says that its result can be used again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgtrigger_codegen.cache.memory import Memory


@dataclass
class ReusableFor:
    """The project whose cache the result of the running command may go to.

    Attributes:
        root: None as long as no command has said so.
        memory: What the command keeps besides its result.
    """

    root: Path | None = None
    memory: Memory | None = None


def memory_for(settings: str | None) -> Memory | None:
    """What the running command may take from earlier runs, and keep for later ones.

    Args:
        settings: The settings module that was asked for.
    """
    if _waiting is None:
        return None
    if _waiting.memory is None:
        from pgtrigger_codegen.cache.memory import Memory

        _waiting.memory = Memory(settings, os.environ)
    return _waiting.memory


def reusable(root: Path) -> None:
    """Says that the running command only reads, and all it says is on the standard streams."""
    if _waiting is not None:
        _waiting.root = root


@contextmanager
def waiting_for_root() -> Iterator[ReusableFor]:
    """Gives what the command that runs in the block says."""
    global _waiting  # noqa: PLW0603  (commands are called by click, with the user's arguments)
    _waiting = ReusableFor()
    try:
        yield _waiting
    finally:
        _waiting = None


_waiting: ReusableFor | None = None
