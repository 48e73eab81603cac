"""Stage migrations: operations that rename models, and which trigger's name came from the old one.

django-pgtrigger makes a trigger's name in the database from app, model and name: under another
model's name it is another trigger.
"""

from __future__ import annotations

import hashlib

from django.db.migrations import operations
from msgspec import Struct

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState


class Renaming(Struct, frozen=True):
    """A `RenameModel`.

    Attributes:
        index: The place among the migration's own operations.
        old, new: Names as classes have them.
    """

    migration: Key
    index: int
    old: str
    new: str

    def was_pgid(self, pgid: str, name: str) -> bool:
        """Whether a trigger of that name had that name in the database before."""
        return pgid == _pgid(f"{self.migration[0]}.{self.old}:{name}", name)


class Renamings:
    """Watches a history for them."""

    def __init__(self) -> None:
        self.found: list[Renaming] = []

    def before(self, moment: ReplayedState) -> None:
        self._look(moment.operation, moment)

    def after(self, moment: ReplayedState) -> None:
        """What happened is noted before."""

    def _look(self, operation: object, moment: ReplayedState) -> None:
        match operation:
            case operations.RenameModel(old_name=str(old), new_name=str(new)):
                old = moment.object_name(old)
                self.found.append(Renaming(moment.migration, moment.index, old, new))
            case operations.SeparateDatabaseAndState():
                for inner in (*operation.state_operations, *operation.database_operations):
                    self._look(inner, moment)
            case _:
                pass


def _pgid(uri: str, name: str) -> str:
    """https://github.com/AmbitionEng/django-pgtrigger: `Trigger.get_pgid`."""
    digest = hashlib.sha1(uri.encode(), usedforsecurity=False).hexdigest()[:5]
    return f"pgtrigger_{name}_{digest}".lower()
