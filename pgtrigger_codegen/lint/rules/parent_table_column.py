"""PGT209: a column of a parent model's table."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.columns import missing_columns
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule


class ParentTableColumn(Rule):
    """## What it does
    Reports a trigger of a model with multi-table inheritance whose condition or `UpdateOf` names
    a field that is inherited from the parent.

    ## Why is this bad?
    An inherited field is a column of the parent's table, and a trigger sees only the rows of its
    own table. django-pgtrigger accepts the field's name, PostgreSQL refuses to create the
    trigger, and the migration fails.

    ## Example
    ```python
    class Place(models.Model):
        closed = models.BooleanField()

    class Restaurant(Place):
        class Meta:
            triggers = [
                pgtrigger.Protect(
                    name="keep_closed",
                    operation=pgtrigger.Update,
                    condition=pgtrigger.Q(old__closed=True),
                )
            ]
    ```

    ## Use instead
    ```python
    class Place(models.Model):
        closed = models.BooleanField()

        class Meta:
            triggers = [
                pgtrigger.Protect(
                    name="keep_closed",
                    operation=pgtrigger.Update,
                    condition=pgtrigger.Q(old__closed=True),
                )
            ]
    ```
    """

    code = "PGT209"
    name = "parent-table-column"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for missing in missing_columns(context):
            parent = context.analysis.models.get(missing.parent or "")
            if parent is None:
                continue
            where = "its condition" if missing.place == "condition" else "`UpdateOf`"
            yield self.diagnostic(
                f"{named(missing.trigger)} names `{missing.column}` in {where}: that is a column"
                f" of `{parent.table}`, the table of the parent model `{parent.label}`, and not"
                f" of `{missing.trigger.table}`",
                missing.trigger.span,
                notes=[Note(f"`{parent.name}` has the field", parent.span)]
                if parent.first_party
                else (),
                help=f"Declare the trigger on `{parent.name}`",
            )
