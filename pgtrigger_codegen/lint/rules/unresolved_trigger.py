"""PGT002: a trigger that cannot be read without running the project."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.rule import Rule, notes_at


class UnresolvedTriggerRule(Rule):
    """## What it does
    Reports a trigger, or a list of triggers, whose SQL depends on something that cannot be
    known from source alone: the clock, a query, the environment, a library that is not read.
    It points at the very expression that defeated the analysis; the notes lead there from the
    declaration.

    ## Why is this bad?
    `pgtrigger-codegen` never guesses. A trigger that it cannot read gets no migration, and as
    long as there is one, `makemigrations` writes nothing for its app. A trigger whose SQL
    depends on where it is compiled is also seldom what one wants in a migration: it is a
    different trigger on each machine.

    ## Example
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [
                pgtrigger.Protect(name=f"protect_{uuid.uuid4().hex}", operation=pgtrigger.Delete)
            ]
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [pgtrigger.Protect(name="protect_deletes", operation=pgtrigger.Delete)]
    ```

    An environment variable can be pinned in `[tool.pgtrigger-codegen.env]`.
    """

    code = "PGT002"
    name = "unresolved-trigger"
    severity = Severity.WARNING

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        for unresolved in analysis.unresolved:
            if unresolved.code == self.code:
                what = unresolved.uri or unresolved.model
                where = f" on `{what}`" if what else ""
                if unresolved.uri:
                    where = f" `{unresolved.uri}`"
                yield self.diagnostic(
                    f"The trigger{where} cannot be read statically: {unresolved.reason}",
                    unresolved.span,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help=_help(unresolved.migration_app),
                )


def _help(app: str | None) -> str:
    of_app = f" of `{app}`" if app else ""
    return (
        "Write it with values that stand in the source; until then no migrations"
        f"{of_app} are written (`--allow-unresolved` writes the others)"
    )
