"""PGT310: a cascade of the database into a table whose rows a trigger keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.database_cascades import Cascade, DatabaseCascades
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import ReturnStatement
from pgtrigger_codegen.sql.body_targets import written_columns
from pgtrigger_codegen.sql.names import table_name


class SoftDeleteWithDatabaseCascade(Rule):
    """## What it does
    Reports a BEFORE row-level trigger that cancels deletes, as `pgtrigger.SoftDelete` does, on a
    table whose foreign key deletes its rows in the database: `on_delete=models.DB_CASCADE`, or
    `ON DELETE CASCADE` in a migration's SQL.

    Nothing is reported where a condition in the function or `pg_trigger_depth()` may let the
    cascade pass, where the function sets the foreign key, or where the row that is referred to
    cannot be deleted either.

    ## Why is this bad?
    PostgreSQL runs the cascade as a separate DELETE, and does not check its effect. The referenced
    row is deleted, the soft-deleted rows stay, and their foreign key refers to nothing. No error
    says so.

    ## Example
    ```python
    class Order(models.Model):
        customer = models.ForeignKey(Customer, on_delete=models.DB_CASCADE)
        is_active = models.BooleanField(default=True)

        class Meta:
            triggers = [pgtrigger.SoftDelete(name="soft_delete", field="is_active")]
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    ```

    Or soft-delete customers too.
    """

    code = "PGT310"
    name = "soft-delete-with-database-cascade"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places, tables = BodyPlaces(context.analysis), ModelTables(context.analysis)
        cascades = DatabaseCascades(context.analysis, tables)
        for trigger, body in context.bodies():
            cancelling = _cancelling(body)
            if cancelling is None or cancelling.value == "NEW" or _lets_pass(trigger, body):
                continue  # RETURN NEW is a mistake of its own
            for cascade in cascades.into(trigger):
                if _sets(trigger, body, cascade) or _stays(context, cascade):
                    continue
                columns = ", ".join(f"`{column}`" for column in cascade.columns)
                yield self.diagnostic(
                    f"When the database deletes along {columns}, this cancels the DELETE: the rows"
                    f" stay, and refer to a `{cascade.referenced}` that is gone",
                    places.span(trigger, cancelling.place),
                    help="Do not leave the cascade to the database, or let the DELETE pass when"
                    " pg_trigger_depth() is greater than 1",
                )


def _cancelling(body: Body) -> ReturnStatement | None:
    """A RETURN that every DELETE gets to, and that cancels it."""
    if not body.decides_write or "DELETE" not in body.definition.events:
        return None
    for item in body.returns:
        path = item.state.get("DELETE")
        if path is not None and path.unconditional:
            return item if item.value in ("NULL", "NEW") else None
    return None


_DEPENDS = re.compile(r"pg_trigger_depth|current_setting", re.IGNORECASE)


def _lets_pass(trigger: BodyTrigger, body: Body) -> bool:
    """Whether something may tell a cascade from a delete by hand."""
    condition = trigger.declared.parts.condition if trigger.declared else ""
    return bool(
        body.dynamic
        or body.definition.has_subquery
        or body.definition.constant is False
        or (trigger.declared is None and body.definition.has_condition)
        or _DEPENDS.search(condition)
        or _DEPENDS.search(trigger.func)
    )


def _sets(trigger: BodyTrigger, body: Body, cascade: Cascade) -> bool:
    """Whether the function may make the foreign key refer to something else, or to nothing."""
    own = in_search_path(table_name(trigger.table))
    return any(
        in_search_path(target.table) == own and target.column in cascade.columns
        for query in body.queries
        for target in written_columns(query)
    )


def _stays(context: LintContext, cascade: Cascade) -> bool:
    """Whether a trigger keeps the row that is referred to from being deleted."""
    for trigger, body in context.bodies():
        definition = body.definition
        if (
            in_search_path(table_name(trigger.table)) == cascade.referenced
            and "DELETE" in definition.events
            and (not definition.has_condition or definition.constant is True)
            and (_cancelling(body) is not None or _always_raises(body))
        ):
            return True
    return False


def _always_raises(body: Body) -> bool:
    ways_out = [*(item.state for item in body.returns), body.falls_off]
    return not any("DELETE" in state for state in ways_out)
