"""The line that pylint prints, which many editors and services read."""

from __future__ import annotations

from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import one_line


def pylint(report: Report) -> str:
    """`path:line: [CODE(name), ] message` for each finding, and nothing else."""
    return "".join(
        f"{one_line(report.hosted_path(found.span.path))}:{found.span.line}:"
        f" [{found.code}({found.name}), ] {one_line(found.message)}\n"
        for found in report.diagnostics
    )
