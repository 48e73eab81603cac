"""What cannot be judged without the operations that a replay leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from pgtrigger_codegen.verification.explaining import NotReplayed
from pgtrigger_codegen.verification.extent import Extent
from pgtrigger_codegen.verification.room import RefusedStatement
from pgtrigger_codegen.verification.skipped import Cause, Skipped

_SYNTAX = "42601"
_THERE_ALREADY = frozenset({"42710", "42723", "42P06", "42P07"})


class LeftOut:
    """What was left out so far."""

    def __init__(self) -> None:
        self._skipped: dict[str, Skipped] = {}
        self._touched: dict[str, str] = {}
        self._unlimited: str | None = None

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

    def refused(self, where: str, reason: NotReplayed | RefusedStatement, about: Extent) -> None:
        """Leave out an operation that the server or Django refuses."""
        if isinstance(reason, NotReplayed):
            cause = Cause.FOLLOWS if self.touching(about.names) else Cause.UNREAD
            self.add(Skipped(where, str(reason), cause), about)
            return
        before = self.touching(about.names)
        if reason.sqlstate == _SYNTAX or (
            reason.sqlstate in _THERE_ALREADY and self.doubt(about.names) is None
        ):
            self.add(Skipped(where, reason.message, Cause.FAILED), about)
        elif before is not None:
            words = f"{reason.message}, where {before} was left out"
            self.add(Skipped(where, words, Cause.FOLLOWS), about)
        else:
            self.add(Skipped(where, reason.message, Cause.REFUSED), about)

    def touching(self, names: Iterable[str]) -> str | None:
        """The first operation left out that touches one of the names, None where none does."""
        return next((self._touched[name] for name in sorted(names) if name in self._touched), None)

    def doubt(self, names: Iterable[str]) -> str | None:
        """The operation whose absence may explain what is found about the names."""
        return self.touching(names) or self._unlimited
