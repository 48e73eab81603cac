"""Stage migrations: which triggers the migrations leave disabled.

`ALTER TABLE … DISABLE TRIGGER` says so, and CREATE TRIGGER makes it forgotten, but for our own
scripts: they look first how enabled a trigger is, and leave it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.statements import (
    CreateTriggerStatement,
    Do,
    DropTriggerStatement,
    RenameTrigger,
    SetTriggerState,
    Statement,
    TriggerState,
)

# As `sql.render` writes them.
_REMEMBERED = re.compile(
    r"SET_CONFIG\('(pgtrigger_codegen\.\w+)', COALESCE.*?tgname = '(\w+)'", re.DOTALL
)
_RESTORED = re.compile(
    r"CASE (?:pg_catalog\.)?CURRENT_SETTING\('(pgtrigger_codegen\.\w+)'.*? TRIGGER (\w+);",
    re.DOTALL,
)


class TriggerStates:
    """Whether each trigger is enabled, and how."""

    def __init__(self) -> None:
        self._states: dict[TriggerKey, TriggerState] = {}
        self._remembered: dict[str, TriggerState] = {}

    def of(self, key: TriggerKey) -> TriggerState:
        return self._states.get(key, "ENABLED")

    def apply(self, statement: Statement, installed: Iterable[TriggerKey]) -> None:
        """A migration runs a statement.

        Args:
            installed: The triggers that are there.
        """
        match statement:
            case SetTriggerState(table=table, name=name, state=state):
                for key in installed:
                    if key[0] == table and name in (None, key[1]):
                        self._states[key] = state
            case CreateTriggerStatement() | DropTriggerStatement():
                self._states.pop((statement.table, statement.name), None)
            case RenameTrigger(table=table, name=name, new_name=new_name):
                if state_before := self._states.pop((table, name), None):
                    self._states[table, new_name] = state_before
            case Do(body=body):
                self._run(body, installed)
            case _:
                pass

    def move(self, old: QualifiedName, new: QualifiedName) -> None:
        """A table goes on under another name."""
        for key in [key for key in self._states if key[0] == old]:
            self._states[new, key[1]] = self._states.pop(key)

    def _run(self, body: str, installed: Iterable[TriggerKey]) -> None:
        if found := _REMEMBERED.search(body):
            states = [self.of(key) for key in installed if key[1] == found[2].lower()]
            self._remembered[found[1]] = states[0] if states else "ENABLED"
        elif found := _RESTORED.search(body):
            state = self._remembered.pop(found[1], "ENABLED")
            for key in installed:
                if key[1] == found[2].lower() and state != "ENABLED":
                    self._states[key] = state
