"""PGT211: a deferrable trigger that is no constraint trigger."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.triggers.compiled import TriggerParts


class ConstraintTriggerMisuse(Rule):
    """## What it does
    Reports a trigger with `timing` (a constraint trigger to PostgreSQL) that does not fire after
    the event, is not at row level, or has transition tables.

    ## Why is this bad?
    django-pgtrigger checks this when a trigger is made, but not when a subclass sets `when`,
    `level` or `referencing` afterwards. PostgreSQL then refuses the migration with a syntax error.

    ## Example
    ```python
    class Check(pgtrigger.Trigger):
        when = pgtrigger.After
        timing = pgtrigger.Deferred

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.level = pgtrigger.Statement
    ```

    ## Use instead
    ```python
    class Check(pgtrigger.Trigger):
        when = pgtrigger.After
        level = pgtrigger.Row
        timing = pgtrigger.Deferred
    ```
    """

    code = "PGT211"
    name = "constraint-trigger-misuse"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger in context.analysis.triggers:
            for problem, help in _problems(trigger.parts):
                yield self.diagnostic(
                    f"{named(trigger)} has a timing, but {problem}: PostgreSQL refuses it",
                    trigger.span,
                    help=help,
                )


def _problems(parts: TriggerParts) -> Iterator[tuple[str, str]]:
    if not parts.constraint.strip():
        return
    if parts.when.strip().upper() != "AFTER":
        yield f"fires {parts.when} the event", "Set `when = pgtrigger.After`, or leave out `timing`"
    if parts.level.strip().upper() != "ROW":
        yield "is at statement level", "Set `level = pgtrigger.Row`, or leave out `timing`"
    if parts.referencing.strip():
        yield "has transition tables", "Leave out `referencing`, or `timing`"
