"""Stage migrations: triggers whose form depends on the order in which migrations ran.

Two branches may change the same trigger, and be merged. Neither of the two migrations comes after
the other then, so a database keeps the form of whichever it ran last: the production server maybe
another one than a new database. The replay knows only one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import Contest, InstalledTrigger
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.sql.equivalence import TriggerKey


@dataclass(slots=True)
class Writes:
    """Which migrations wrote each trigger, and what each left of it; None where it was dropped."""

    by_trigger: dict[TriggerKey, list[tuple[Key, InstalledTrigger | None]]] = field(
        default_factory=dict
    )

    def note(self, migration: Key, key: TriggerKey, left: InstalledTrigger | None) -> None:
        self.by_trigger.setdefault(key, []).append((migration, left))

    def contests(self, graph: MigrationGraph) -> dict[TriggerKey, Contest]:
        """The triggers that databases may have in different forms."""
        order = _Order(graph)
        found: dict[TriggerKey, Contest] = {}
        for key, writes in self.by_trigger.items():
            if len(writes) < 2 or order.is_straight(migration for migration, _ in writes):
                continue
            last = [
                (migration, left)
                for migration, left in writes
                if not any(migration in order.before(other) for other, _ in writes)
            ]
            # Another layout of the same trigger, which gives another hash, is no other form.
            if len({left and replace(left.definition, hash=None) for _, left in last}) > 1:
                found[key] = Contest(
                    migrations=tuple(migration for migration, _ in last),
                    forms=tuple(left for _, left in last if left),
                    may_be_absent=any(left is None for _, left in last),
                )
        return found


class _Order:
    def __init__(self, graph: MigrationGraph) -> None:
        self._graph = graph
        self._before: dict[Key, set[Key]] = {}
        self._branching = set(_branching_apps(graph.parents))

    def is_straight(self, migrations: Iterable[Key]) -> bool:
        """Whether they surely come one after the other, which nearly all do."""
        apps = {app_label for app_label, _ in migrations}
        return len(apps) == 1 and not apps & self._branching

    def before(self, migration: Key) -> set[Key]:
        if migration not in self._before:
            self._before[migration] = self._graph.ancestors(migration)
        return self._before[migration]


def _branching_apps(parents: Mapping[Key, Iterable[Key]]) -> Iterable[str]:
    """Apps whose migrations are no single line."""
    followed: set[Key] = set()
    rooted: set[str] = set()
    for key, listed in parents.items():
        own = [parent for parent in listed if parent[0] == key[0]]
        if followed.intersection(own) or (not own and key[0] in rooted):
            yield key[0]
        if not own:
            rooted.add(key[0])
        followed.update(own)
