"""PGT411: triggers by django-pgtrigger's operations and by SQL side by side."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import migration_span, replayed
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.reading.reader import Key


class MixedIntegration(Rule):
    """## What it does
    Reports an app whose migrations leave some triggers that django-pgtrigger's `AddTrigger` made,
    and others that plain SQL made.

    ## Why is this bad?
    Triggers of `AddTrigger` are in Django's state of the models, and the others are not. So the
    history of a trigger decides which of two tools may change it, and reversing a migration
    restores only the triggers in the state.

    ## Example
    ```python
    # 0002                                      # 0003
    pgtrigger.migrations.AddTrigger(...)        migrations.RunSQL("CREATE TRIGGER ...")
    ```

    ## Use instead
    ```python
    # 0002                                      # 0003
    migrations.RunSQL("CREATE TRIGGER ...")     migrations.RunSQL("CREATE TRIGGER ...")
    ```

    `pgtrigger-codegen convert` writes the first as the second.
    """

    code = "PGT411"
    name = "mixed-integration"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        state = replayed(context.analysis)
        makers: dict[str, dict[str, Key]] = {}
        for trigger in state.triggers.values() if state else ():
            app = context.analysis.project.apps.get(trigger.owner)
            if app and app.first_party and trigger.is_pgtrigger:
                # What AddTrigger made may be in the state no more.
                how = "addtrigger" if trigger.exact_parts else trigger.by
                by = makers.setdefault(app.label, {})
                by[how] = max(by.get(how, trigger.made_by), trigger.made_by)
        for label, by in sorted(makers.items()):
            if len(by) == 2:
                yield self.diagnostic(
                    f"Migrations of `{label}` make some triggers with `AddTrigger` and others"
                    " with SQL",
                    migration_span(context.analysis, by["runsql"]),
                    notes=[
                        Note(
                            "with `AddTrigger` here",
                            migration_span(context.analysis, by["addtrigger"]),
                        )
                    ],
                    help=f"Turn all of them into SQL: `pgtrigger-codegen convert {label}`",
                )
