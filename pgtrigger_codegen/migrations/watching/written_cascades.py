"""Stage migrations: foreign keys that SQL in migrations has the database delete rows along."""

from __future__ import annotations

from pgtrigger_codegen.migrations.reading.operation_sql import operation_sql
from pgtrigger_codegen.migrations.replaying.moment import Moment
from pgtrigger_codegen.sql.foreign_keys import CascadingKey, cascading_keys, dropped_constraints


class WrittenCascades:
    """Watches a history for them."""

    def __init__(self) -> None:
        self._keys: list[CascadingKey] = []
        self._dropped: set[str] = set()

    @property
    def found(self) -> tuple[CascadingKey, ...]:
        """Less those whose constraints any SQL drops by name."""
        return tuple(key for key in self._keys if key.name not in self._dropped)

    def before(self, moment: Moment) -> None:
        for sql in operation_sql(moment.operation):
            text = sql.lower()
            if "cascade" in text:
                self._keys += cascading_keys(sql)
            if "constraint" in text:
                self._dropped.update(dropped_constraints(sql))

    def after(self, moment: Moment) -> None:
        """What an operation does is known before."""
