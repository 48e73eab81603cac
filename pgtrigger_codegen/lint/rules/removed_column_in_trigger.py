"""PGT403: a migration that drops a column under a trigger."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.history import operation_span, replayed
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.pipeline import Analysis


class RemovedColumnInTrigger(Rule):
    """## What it does
    Reports a migration that drops a column which a trigger names at that point, where the trigger
    is still declared and no later migration writes it anew.

    ## Why is this bad?
    Before Django 6.0, `RemoveField` drops the column with CASCADE: a trigger whose condition or
    `UpdateOf` names it vanishes without a word, and `makemigrations --check` sees no change. From
    Django 6.0 on the migration fails instead. A trigger whose function names the column stays, and
    every write to the table fails.

    ## Example
    ```python
    operations = [migrations.RemoveField("order", "total")]
    ```

    ## Use instead
    Run `pgtrigger-codegen makemigrations`, which takes the trigger out of the way and writes it
    again as it is declared now:

    ```python
    operations = [
        migrations.RunSQL("DROP TRIGGER IF EXISTS pgtrigger_keep_1a2b3 ON shop_order", ...),
        migrations.RemoveField("order", "total"),
        migrations.RunSQL("CREATE OR REPLACE TRIGGER pgtrigger_keep_1a2b3 ...", ...),
    ]
    ```
    """

    code = "PGT403"
    name = "removed-column-in-trigger"
    severity = Severity.ERROR

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        state = replayed(analysis)
        declared = {trigger_key(trigger): trigger for trigger in analysis.triggers}
        for key, found in (state.disturbances if state else {}).items():
            trigger = declared.get(key)
            for item in found if trigger else ():
                if item.kind == "drop-column":
                    yield self.diagnostic(
                        f"Migration `{'.'.join(item.migration)}` {item.what}, which trigger"
                        f" `{item.trigger.name}` names there: the trigger is lost or broken",
                        operation_span(analysis, item.migration, item.index),
                        notes=[Note("the trigger is declared here", trigger.span)]
                        if trigger
                        else (),
                        help="Run `pgtrigger-codegen makemigrations`: it takes the trigger out of"
                        " the way and writes it again",
                    )
