"""What cannot be judged without the operations that a replay leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from pgtrigger_codegen.verification.extent import Extent
from pgtrigger_codegen.verification.skipped import Skipped


class LeftOut:
    """What was left out so far."""

    def __init__(self) -> None:
        self._skipped: dict[str, Skipped] = {}
        self._touched: dict[str, str] = {}
        self._unlimited: str | None = None

    def __contains__(self, where: str) -> bool:
        return where in self._skipped

    @property
    def all(self) -> tuple[Skipped, ...]:
        """All operations that were left out, in order."""
        return tuple(self._skipped.values())

    def add(self, one: Skipped, extent: Extent) -> None:
        """Leave an operation out, and doubt all that it touches."""
        if one.where in self._skipped:
            return
        self._skipped[one.where] = one
        for name in extent.names:
            self._touched.setdefault(name, one.where)
        if not extent.is_known and self._unlimited is None:
            self._unlimited = one.where

    def touching(self, names: Iterable[str]) -> str | None:
        """The first operation left out that touches one of the names, None where none does."""
        return next((self._touched[name] for name in sorted(names) if name in self._touched), None)

    def doubt(self, names: Iterable[str]) -> str | None:
        """The operation whose absence may explain what is found about the names."""
        return self.touching(names) or self._unlimited
