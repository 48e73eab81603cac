"""PGT212: names that PostgreSQL cuts."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.definition import MAX_IDENTIFIER, cut_identifier


class IdentifierTooLong(Rule):
    """## What it does
    Reports a trigger whose identifier in PostgreSQL is longer than 63 bytes. The identifiers
    that django-pgtrigger makes are short enough; a subclass that overrides `get_pgid` may make
    longer ones.

    ## Why is this bad?
    PostgreSQL cuts the name, with only a notice. Then nothing finds the trigger by its full name:
    `pgtrigger ls` always says UNINSTALLED, and two triggers whose names begin alike overwrite each
    other.

    ## Example
    ```python
    class Audit(pgtrigger.Trigger):
        def get_pgid(self, model):
            return f"pgtrigger_audit_{model._meta.db_table}_{self.name}"
    ```

    ## Use instead
    ```python
    class Audit(pgtrigger.Trigger):
        def get_pgid(self, model):
            return super().get_pgid(model)
    ```
    """

    code = "PGT212"
    name = "identifier-too-long"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger in context.analysis.triggers:
            if cut_identifier(trigger.pgid) != trigger.pgid:
                yield self.diagnostic(
                    f"{named(trigger)} gets the identifier `{trigger.pgid}`, which PostgreSQL cuts"
                    f" to {MAX_IDENTIFIER} bytes (`{cut_identifier(trigger.pgid)}`)",
                    trigger.span,
                    help="Make the identifier shorter, or let django-pgtrigger make one, which ends"
                    " in a hash and need not hold the whole names",
                )
