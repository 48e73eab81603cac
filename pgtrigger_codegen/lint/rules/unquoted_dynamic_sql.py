"""PGT314: EXECUTE of text into which values are put without quotes."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.dynamic_sql import unquoted_values
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule


class UnquotedDynamicSql(Rule):
    """## What it does
    Reports an `EXECUTE` whose SQL is put together with `||` from columns of `NEW` or `OLD` that
    nothing quotes, or with `FORMAT` and `%s` from these. Numbers that are never NULL, such as
    keys, need no quotes.

    ## Why is this bad?
    A user's input in a row becomes part of a statement: a quote in the input is a syntax error,
    and a crafted input runs SQL of its own with the rights of whoever writes. A NULL makes the
    whole text NULL, and the write fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="EXECUTE 'INSERT INTO log VALUES (''' || NEW.note || ''')'; RETURN NULL;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="log",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="EXECUTE 'INSERT INTO log VALUES ($1)' USING NEW.note; RETURN NULL;",
    )
    ```
    """

    code = "PGT314"
    name = "unquoted-dynamic-sql"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places, tables = BodyPlaces(context.analysis), ModelTables(context.analysis)
        for trigger, body in context.bodies():
            for execute in body.dynamic:
                if unquoted := unquoted_values(tables, trigger, execute):
                    values = ", ".join(f"`{value}`" for value in unquoted)
                    yield self.diagnostic(
                        f"EXECUTE puts {values} into SQL without quotes",
                        places.span(trigger, execute.place),
                        help="Pass values with USING and $1, quote names with FORMAT and %I",
                    )
