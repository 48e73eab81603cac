"""The replacement for `incremental`: runs every command in one process, and keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgtrigger_codegen.engine import Engine


def run(command: Callable[[], int], arguments: Sequence[str]) -> int:
    """Runs a command; gives its exit code."""
    return command()


def engine_for(settings: str | None, *, keeps: bool, replays: bool) -> Engine:
    """How a command gets its work done."""
    from pgtrigger_codegen.engine import COLD

    return COLD


def reusable(root: Path) -> None:
    """Nothing is kept, whatever the command did."""


class NothingKept:
    """In the place of what a process keeps between the runs of its forks."""

    @contextmanager
    def run(self, folder: Path, settings: str | None, *, stands: bool = False) -> Iterator[Engine]:
        """Gives how a run gets its work done."""
        from pgtrigger_codegen.engine import COLD

        yield COLD

    def stand(self) -> bool:
        """No run goes on later."""
        return False

    def goes_on(self) -> bool:
        """No run goes on later."""
        return False

    def found(self) -> bytes:
        """Nothing to keep."""
        return b""

    def take(self, found: bytes, unsaved: Mapping[str, bytes]) -> None:
        """Puts nothing by."""

    def keep(self) -> bool:
        """Keeps nothing."""
        return False


def kept_in_process() -> NothingKept:
    """What a process keeps between the runs of its forks."""
    return NothingKept()


def clean(root: Path) -> str:
    """Nothing is kept that could be deleted."""
    return "There is no cache."
