"""PGT203: a condition that needs another table."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule


class RelationInCondition(Rule):
    """## What it does
    Reports a condition with a lookup through a relation (`new__author__name`), or with a
    subquery.

    ## Why is this bad?
    `WHEN` sees the old and the new row and nothing else. PostgreSQL refuses a subquery there. From
    a lookup through a relation, django-pgtrigger keeps only the last column: it reads `NEW."name"`
    of the trigger's own table. If that table has no such column, the migration fails; if it has
    one, the condition silently tests the wrong column.

    ## Example
    ```python
    pgtrigger.Protect(
        name="keep_staff_notes",
        operation=pgtrigger.Delete,
        condition=pgtrigger.Q(old__author__is_staff=True),
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="keep_staff_notes",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=\"\"\"
            IF EXISTS (SELECT 1 FROM auth_user WHERE id = OLD.author_id AND is_staff) THEN
                RAISE EXCEPTION 'notes of staff are kept';
            END IF;
            RETURN OLD;
        \"\"\",
    )
    ```
    """

    code = "PGT203"
    name = "relation-in-condition"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            for joined in trigger.joined:
                # The lookup is only the condition's where nothing overrides the rendering.
                if not joined.to_parent and definition.has_condition:
                    row = joined.lookup[:3].upper()
                    yield self.diagnostic(
                        f"{named(trigger)} has the lookup `{joined.lookup}` in its condition,"
                        f" which leads to another table: it compiles to `{row}.{joined.column}`"
                        " of the trigger's own",
                        trigger.span,
                        help="Test the condition in the function: a query there can read the"
                        " other table",
                    )
            if definition.has_subquery:
                yield self.diagnostic(
                    f"{named(trigger)} has a subquery in its condition, which PostgreSQL refuses",
                    trigger.span,
                    help="Test the condition in the function: `WHEN` sees only the old and the"
                    " new row",
                )
