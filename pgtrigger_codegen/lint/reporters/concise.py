"""One line for each finding."""

from __future__ import annotations

from pgtrigger_codegen.lint.reporters.heading import heading, summary
from pgtrigger_codegen.lint.reporters.report import Report


def concise(report: Report) -> str:
    """Headings, and the summary."""
    return "\n".join(
        (*(heading(found, report) for found in report.diagnostics), summary(report), "")
    )
