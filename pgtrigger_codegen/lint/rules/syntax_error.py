"""PGT001: a file that does not parse."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule


class SyntaxErrorRule(Rule):
    """## What it does
    Reports a file that cannot be parsed as Python, or cannot be decoded.

    ## Why is this bad?
    Django cannot import the file either. The triggers that the file declares are not seen: they
    are neither checked nor written into migrations.

    A file may use syntax that is newer than the Python which runs `pgtrigger-codegen`. Everything
    up to Python 3.14 is read all the same, but for what LibCST does not know, such as t-strings
    that stand beside other strings. Where the file is valid in the project's Python, run
    `pgtrigger-codegen` with that one.

    ## Example
    ```python
    class Order(models.Model)
        total = models.IntegerField()
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        total = models.IntegerField()
    ```
    """

    code = "PGT001"
    name = "syntax-error"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for problem in context.analysis.syntax_problems:
            yield self.diagnostic(
                f"This file cannot be read: {problem.message}",
                problem.span,
                help="Correct the file: until then, no trigger that it declares is seen"
                + (f". {problem.hint}" if problem.hint else ""),
            )
