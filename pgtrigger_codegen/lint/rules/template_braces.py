"""PGT313: a template of `Func` with braces that are no placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.body_places import literals_in
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.source.literals import Run
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import Cause


class TemplateBraces(Rule):
    """## What it does
    Reports a template of `pgtrigger.Func` with a brace that does not belong to a placeholder
    (`{meta…}`, `{fields…}`, `{columns…}`).

    ## Why is this bad?
    `Func` fills its template with `str.format`, which takes every brace for a placeholder. In
    JSON, array literals or formats of dates it raises `KeyError`, `IndexError` or `ValueError`,
    and the project does not start.

    ## Example
    ```python
    pgtrigger.Func("INSERT INTO {meta.db_table} (tags) VALUES ('{1, 2}'); RETURN NULL;")
    ```

    ## Use instead
    ```python
    pgtrigger.Func("INSERT INTO {meta.db_table} (tags) VALUES ('{{1, 2}}'); RETURN NULL;")
    ```
    """

    code = "PGT313"
    name = "template-braces"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.BAD_TEMPLATE:
                faults = [
                    fault
                    for path, runs in literals_in(unresolved.span)
                    if (fault := _fault(path, runs)) is not None
                ]
                yield self.diagnostic(
                    "A brace in the template of `Func` is not part of a placeholder: "
                    f"`str.format` fails ({unresolved.reason})",
                    faults[0] if len(faults) == 1 else unresolved.span,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help="Double the braces that PostgreSQL should get: `{{` and `}}`",
                )


_TOKEN = re.compile(r"\{\{|\}\}|\{(?:meta|fields|columns)\b[^{}]*\}|(?P<fault>[{}])")


def first_fault(template: str) -> int | None:
    """Where the first brace stands that `str.format` breaks on."""
    faults = (match.start() for match in _TOKEN.finditer(template) if match["fault"])
    return next(faults, None)


def _fault(path: str, runs: list[Run]) -> Span | None:
    for run in runs:
        index = first_fault("".join(char.text for char in run))
        if index is not None:
            char = run[index]
            return Span(path, char.line, char.column, char.line, char.end_column)
    return None
