"""PGT213: `UpdateOf` with the name of a field that is not its column's."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.columns import missing_columns
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule


class UpdateOfFieldNotColumn(Rule):
    """## What it does
    Reports `pgtrigger.UpdateOf` with the name of a field whose column has another name: a
    foreign key, or a field with `db_column`. `pgtrigger.UpdateSearchVector` passes on the names
    in `document_fields` in that way.

    ## Why is this bad?
    `UpdateOf` takes columns, not fields. PostgreSQL refuses to create the trigger ("column …
    does not exist"), and the migration fails.

    ## Example
    ```python
    pgtrigger.Protect(name="keep_author", operation=pgtrigger.UpdateOf("author"))
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(name="keep_author", operation=pgtrigger.UpdateOf("author_id"))
    ```
    """

    code = "PGT213"
    name = "update-of-field-not-column"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for missing in missing_columns(context):
            if missing.place == "update_of" and missing.field:
                field, column = missing.field
                yield self.diagnostic(
                    f"{named(missing.trigger)} fires on UPDATE OF `{field}`, which is a field,"
                    f" not a column: PostgreSQL refuses the trigger, since the column is"
                    f" `{column}`",
                    missing.trigger.span,
                    help=_help(missing.trigger.class_name, field, column),
                )


def _help(class_name: str, field: str, column: str) -> str:
    if class_name.endswith(".UpdateSearchVector"):
        return (
            f"Give `{field}` a column of its own name, or write the trigger with"
            f' `pgtrigger.UpdateOf("{column}")` and `tsvector_update_trigger` yourself'
        )
    return f'Write `pgtrigger.UpdateOf("{column}")`'
