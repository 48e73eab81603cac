"""Reads a function for facts that planning does not give: the flow of control."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.refused_values import RefusedValues
from pgtrigger_codegen.lint.facts.trigger_cycles import CycleStep, cycles
from pgtrigger_codegen.lint.facts.type_faults import TypeFaults
from pgtrigger_codegen.lint.places.server_places import owner_of
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_faults import Fault, faults
from pgtrigger_codegen.sql.body_text import last_code
from pgtrigger_codegen.sql.server_faults import ServerFault
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

_ENDLESS = "stack depth limit exceeded: this fires the trigger again, without end"
_FALLS_OFF = "control reached end of trigger procedure without RETURN"


class BodyReader:
    """Reads the functions of one analysis, as the linter's rules do."""

    def __init__(self, analysis: Analysis) -> None:
        self._context = LintContext(analysis)
        self._refused = RefusedValues(self._context)
        self._types = TypeFaults(analysis)

    def faults(self, trigger: CompiledTrigger, body: Body) -> Iterator[ServerFault]:
        """What certainly fails, in PostgreSQL's words."""
        owner = owner_of(trigger)
        found: list[Fault] = [
            *faults(body),
            *self._refused.faults(owner, body),
            *self._types.faults(owner, body),
            *self._types.values(owner, body),
            *self._types.returns(owner, body),
        ]
        if any(not path.uncertain and not path.doubtful for path in body.falls_off.values()):
            found.append(Fault(_FALLS_OFF, last_code(trigger.parts.func)))
        found += [Fault(_ENDLESS, step.write.place) for step in self._endless.get(trigger.uri, ())]
        for fault in dict.fromkeys(found):
            if fault.fails_always:
                yield ServerFault(trigger.uri, "statement", fault.message, fault.place)

    @functools.cached_property
    def _endless(self) -> Mapping[str, list[CycleStep]]:
        """By URI, the statements by which triggers fire each other without end."""
        found: dict[str, list[CycleStep]] = {}
        for cycle in cycles(self._context):
            for step in cycle:
                found.setdefault(step.trigger.uri, []).append(step)
        return found
