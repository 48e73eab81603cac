"""The replacement for `incremental`: runs every command in one process, and keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgtrigger_codegen.engine import Engine


def run(command: Callable[[], int], arguments: Sequence[str]) -> int:
    """Runs a command; gives its exit code."""
    return command()


def engine_for(settings: str | None, *, keeps: bool) -> Engine:
    """How a command gets its work done."""
    from pgtrigger_codegen.engine import COLD

    return COLD


def reusable(root: Path) -> None:
    """Nothing is kept, whatever the command did."""


def clean(root: Path) -> str:
    """Nothing is kept that could be deleted."""
    return "There is no cache."
