"""Stage migrations: foreign keys made by SQL with ON DELETE CASCADE."""

from __future__ import annotations

from pgtrigger_codegen.migrations.reading.operation_sql import operation_sql
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.sql.foreign_keys import CascadingKey, cascading_keys, dropped_constraints


class WrittenCascades:
    """Watches a history for them."""

    def __init__(self) -> None:
        self._keys: list[CascadingKey] = []

    @property
    def found(self) -> tuple[CascadingKey, ...]:
        """Less those whose constraints later SQL drops by name."""
        return tuple(self._keys)

    def before(self, moment: ReplayedState) -> None:
        for sql in operation_sql(moment.operation):
            text = sql.lower()
            if "constraint" in text:
                dropped = {*dropped_constraints(sql)}  # and often made anew in the same script
                self._keys = [key for key in self._keys if key.name not in dropped]
            if "cascade" in text:
                self._keys += cascading_keys(sql)

    def after(self, moment: ReplayedState) -> None:
        """What an operation does is known before."""
