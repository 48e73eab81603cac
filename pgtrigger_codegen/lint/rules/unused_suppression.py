"""PGT005: a comment that silences nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Edit, Fix, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.selection import Selector
from pgtrigger_codegen.lint.suppression import SuppressionComment
from pgtrigger_codegen.source.span import Span


class UnusedSuppression(Rule):
    """## What it does
    Reports a `# pgtrigger-codegen: ignore[…]` comment, or a code in one, that silences nothing:
    its finding is gone, it names no rule, or it names no code at all.

    Codes of rules that are not selected are left alone, since their findings are not known.

    ## Why is this bad?
    The comment says that something is wrong where nothing is. And it would hide the next mistake.

    ## Example
    ```python
    class Order(Audited):
        class Meta(Audited.Meta):  # pgtrigger-codegen: ignore[PGT103] no triggers here
            ordering = ["created"]
    ```

    ## Use instead
    ```python
    class Order(Audited):
        class Meta(Audited.Meta):
            ordering = ["created"]
    ```

    ## Fix
    The code is removed, and with the last code the comment. A code that names no rule is left to
    you: it may be a slip of the pen.
    """

    code = "PGT005"
    name = "unused-suppression"
    severity = Severity.WARNING
    fixable = True

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        """Nothing: what is unused is known when all other rules have run; see the runner."""
        yield from ()

    def unused(self, comment: SuppressionComment, unused: Sequence[Selector]) -> Diagnostic:
        """The finding for codes of a comment that silence nothing."""
        names = ", ".join(f"`{selector.text}`" for selector in unused)
        where = "in this file" if comment.whole_file else "here"
        return self.diagnostic(
            f"Unused suppression: {names} would not be reported {where}",
            comment.span,
            help="Remove the comment" if _is_all(comment, unused) else f"Remove {names}",
            fix=None
            if comment.in_sql  # part of the function: without it the trigger is another
            else Fix("Remove the unused codes", Applicability.SAFE, (_removal(comment, unused),)),
        )

    def unknown(self, comment: SuppressionComment, selector: Selector, help: str) -> Diagnostic:
        """The finding for a code that no rule has."""
        return self.diagnostic(
            f"Unused suppression: there is no rule `{selector.text}`", comment.span, help=help
        )

    def malformed(self, comment: SuppressionComment) -> Diagnostic:
        """The finding for a comment that names no codes."""
        return self.diagnostic(
            "Unused suppression: the comment names no rule",
            comment.span,
            help="Write it as `# pgtrigger-codegen: ignore[PGT103] reason`, or with `ignore-file`",
        )


def _is_all(comment: SuppressionComment, unused: Sequence[Selector]) -> bool:
    return set(unused) == set(comment.selectors)


def _removal(comment: SuppressionComment, unused: Sequence[Selector]) -> Edit:
    span = comment.span
    if comment.list_span is not None and not _is_all(comment, unused):
        kept = (selector.text for selector in comment.selectors if selector not in unused)
        return Edit(comment.list_span, ", ".join(kept))
    if comment.whole_line:
        return Edit(Span(span.path, span.line, 1, span.line + 1, 1), "")
    return Edit(Span(span.path, span.line, comment.gap_column, span.line, span.end_column), "")
