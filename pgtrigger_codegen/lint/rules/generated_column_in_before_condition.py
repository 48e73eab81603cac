"""PGT207: a BEFORE trigger's condition on columns that are not computed yet."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named, table_owner
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.definition import SYSTEM_COLUMNS, Definition


class GeneratedColumnInBeforeCondition(Rule):
    """## What it does
    Reports a BEFORE trigger whose condition refers, in the new row, to a generated column
    (`GeneratedField`), to a system column such as `ctid`, or to the whole row of a table that
    has a generated column. `pgtrigger.ReadOnly` without fields and `pgtrigger.AnyChange()`
    compare whole rows.

    ## Why is this bad?
    PostgreSQL computes generated columns after BEFORE triggers have run. It refuses to create
    such a trigger ("BEFORE trigger's WHEN condition cannot reference NEW generated columns"),
    and the migration fails.

    ## Example
    ```python
    class Order(models.Model):
        net = models.IntegerField()
        gross = models.GeneratedField(
            expression=models.F("net") * 2,
            output_field=models.IntegerField(),
            db_persist=True,
        )

        class Meta:
            triggers = [pgtrigger.ReadOnly(name="read_only")]
    ```

    ## Use instead
    ```python
    triggers = [pgtrigger.ReadOnly(name="read_only", fields=["net"])]
    ```

    A generated column follows from the others, so to compare these is enough. Otherwise let the
    trigger fire after the event.
    """

    code = "PGT207"
    name = "generated-column-in-before-condition"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            if definition.timing != "BEFORE" or not definition.is_row_level:
                continue
            problem = _problem(definition, table_owner(context.analysis, trigger))
            if problem:
                yield self.diagnostic(
                    f"{named(trigger)} fires BEFORE the event, but its condition refers to"
                    f" {problem}: PostgreSQL refuses it",
                    trigger.span,
                    help="Name the columns that the condition is about, without generated ones,"
                    " or set `when=pgtrigger.After`",
                )


def _problem(definition: Definition, model: ModelFact | None) -> str | None:
    generated = model.generated if model else ()
    for reference in definition.references:
        if reference.row == "OLD":
            continue
        if reference.column is None and generated:
            return f"the whole new row (`NEW.*`) of a table with generated column `{generated[0]}`"
        if reference.column in generated:
            return f"`{reference}`, a generated column, which is not computed yet"
        if reference.column in SYSTEM_COLUMNS and reference.column not in _columns(model):
            return f"`{reference}`, a system column, which is not set yet"
    return None


def _columns(model: ModelFact | None) -> tuple[str, ...]:
    return (model.columns if model else None) or ()
