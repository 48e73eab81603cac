"""PGT114: models of one table whose triggers repeat or contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.definition import Definition
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, TriggerParts

_Trigger = tuple[CompiledTrigger, Definition]


class OverlappingProxies(Rule):
    """## What it does
    Reports triggers that two models of one table declare (a model and its proxy, or two
    proxies), where

    - both do the same under different names,
    - or one refuses an operation in every case (`pgtrigger.Protect` without a condition), so
      that the other, which is for that operation alone, never has an effect.

    ## Why is this bad?
    A proxy has no table of its own: its triggers fire for every row, through whichever model the
    row is written. So a trigger that is declared twice fires twice, and a write that one model
    allows is refused because of the other.

    ## Example
    ```python
    class Archive(Order):
        class Meta:
            proxy = True
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]

    class Basket(Order):
        class Meta:
            proxy = True
            triggers = [pgtrigger.SoftDelete(name="hide", field="active")]
    ```

    ## Use instead
    ```python
    class Archive(Order):
        class Meta:
            proxy = True
            triggers = [
                pgtrigger.Protect(
                    name="keep",
                    operation=pgtrigger.Delete,
                    condition=pgtrigger.Q(old__archived=True),
                )
            ]
    ```
    """

    code = "PGT114"
    name = "overlapping-proxies"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        tables: dict[str, list[_Trigger]] = {}
        for trigger, definition in context.definitions():
            tables.setdefault(trigger.table, []).append((trigger, definition))
        for triggers in tables.values():
            for one, other in combinations(sorted(triggers, key=_order), 2):
                # One trigger that comes twice by inheritance is `duplicate-trigger-name`.
                if one[0].model != other[0].model and one[0].name != other[0].name:
                    yield from self._of_pair(one, other)

    def _of_pair(self, one: _Trigger, other: _Trigger) -> Iterator[Diagnostic]:
        first, second = one[0], other[0]
        if _without_names(first) == _without_names(second):
            yield self.diagnostic(
                f"{named(second)} does the same as `{first.uri}` on table `{first.table}`:"
                " both fire",
                second.span,
                notes=[Note(f"`{first.uri}` is declared here", first.span)],
                help="Keep one of them: a proxy's triggers fire for all rows of the table",
            )
            return
        for refusing, refused in ((one, other), (other, one)):
            if _refuses_all(refusing, of=refused) and not _refuses_all(refused, of=refused):
                yield self.diagnostic(
                    f"{named(refused[0])} never has an effect: `{refusing[0].uri}` refuses every"
                    f" {' and '.join(refused[1].events)} on table `{first.table}`",
                    refused[0].span,
                    notes=[Note("it is refused here", refusing[0].span)],
                    help="Give the protection a condition, or remove one of the two",
                )


def _order(trigger: _Trigger) -> tuple[object, ...]:
    return trigger[0].span, trigger[0].uri


def _without_names(trigger: CompiledTrigger) -> TriggerParts:
    pgid = trigger.parts.pgid
    return replace(trigger.parts, pgid="", execute=trigger.parts.execute.replace(pgid, ""))


def _refuses_all(trigger: _Trigger, *, of: _Trigger) -> bool:
    """Whether a trigger refuses all that another one is for."""
    compiled, definition = trigger
    return (
        set(of[1].events) <= set(definition.events)
        and compiled.class_name in ("pgtrigger.Protect", "pgtrigger.contrib.Protect")
        and definition.is_row_level
        and not definition.has_condition
        and not definition.is_update_of
    )
