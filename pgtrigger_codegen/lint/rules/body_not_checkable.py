"""PGT315: what cannot be checked: SQL that is made at run time, functions not followed."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.dynamic_sql import unquoted_values
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule


class BodyNotCheckable(Rule):
    """## What it does
    Reports, as information, an `EXECUTE` whose SQL is made when the trigger fires, and a function
    that pgtrigger-codegen cannot follow. `lint` does not fail. SQL that is put together of
    constants and of quoted values (`%L`, `quote_literal`) is followed.

    ## Why is this bad?
    Such SQL may be right. But its syntax, tables and columns cannot be checked before it runs, and
    no migration is ordered after those that make the tables.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="EXECUTE FORMAT('INSERT INTO %I DEFAULT VALUES', TG_ARGV[0]); RETURN NULL;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="log",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="INSERT INTO shop_log DEFAULT VALUES; RETURN NULL;",
    )
    ```
    """

    code = "PGT315"
    name = "body-not-checkable"
    severity = Severity.INFO

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places, tables = BodyPlaces(context.analysis), ModelTables(context.analysis)
        for trigger, unread in context.unread_bodies():
            yield self.diagnostic(
                f"The function of `{trigger.uri}` is not checked: {unread.reason}",
                places.span(trigger, None),
            )
        for trigger, body in context.bodies():
            for execute in body.dynamic:
                if execute.is_known or execute.fails:
                    continue
                if not unquoted_values(tables, trigger, execute):
                    yield self.diagnostic(
                        "This SQL is made when the trigger fires, and cannot be checked",
                        places.span(trigger, execute.place),
                    )
