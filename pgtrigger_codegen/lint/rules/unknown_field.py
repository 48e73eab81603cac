"""PGT208: a field or column that the model does not have."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.columns import MissingColumn, missing_columns
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.triggers.compiled import Cause


class UnknownField(Rule):
    """## What it does
    Reports a trigger that names a field which its model does not have, or, in an SQL condition
    or in `UpdateOf`, a column which its table does not have. In an SQL condition, a column must
    stand after `OLD.` or `NEW.`: one without them is reported too.

    Columns of tables that Django does not manage are not checked.

    ## Why is this bad?
    For a field, Django raises an exception when the trigger's SQL is made. A column in SQL is not
    checked before PostgreSQL refuses to create the trigger, and the migration fails.

    ## Example
    ```python
    pgtrigger.Protect(
        name="keep_paid",
        operation=pgtrigger.UpdateOf("totl"),
        condition=pgtrigger.Condition("OLD.payed"),
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(
        name="keep_paid",
        operation=pgtrigger.UpdateOf("total"),
        condition=pgtrigger.Condition("OLD.paid"),
    )
    ```
    """

    code = "PGT208"
    name = "unknown-field"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.UNKNOWN_FIELD:
                yield self.diagnostic(
                    unresolved.reason,
                    unresolved.span,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help="Name a field of the model: the project fails on it in the same way",
                )
        for missing in missing_columns(context):
            if missing.parent is None and not (missing.field and missing.place == "update_of"):
                yield self._missing(missing)
        for trigger, definition in context.definitions():
            for column in definition.stray_columns if definition.is_row_level else ():
                yield self.diagnostic(
                    f"{named(trigger)} names `{column}` in its condition without `OLD.` or"
                    " `NEW.`: PostgreSQL does not know which row is meant, and refuses it",
                    trigger.span,
                    help=f"Write `OLD.{column}` or `NEW.{column}`"
                    if "." not in column
                    else "Refer to the row as `OLD` or `NEW`",
                )

    def _missing(self, missing: MissingColumn) -> Diagnostic:
        where = "its condition" if missing.place == "condition" else "`UpdateOf`"
        help = f"The columns are: {', '.join(missing.model.columns or ())}"
        if missing.field:
            help = f"The column of field `{missing.field[0]}` is `{missing.field[1]}`"
        return self.diagnostic(
            f"{named(missing.trigger)} names column `{missing.column}` in {where}, which table"
            f" `{missing.trigger.table}` does not have",
            missing.trigger.span,
            help=help,
        )
