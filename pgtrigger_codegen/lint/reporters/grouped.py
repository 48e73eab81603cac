"""Findings by file, for people who read many of them."""

from __future__ import annotations

from itertools import groupby

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.reporters.heading import summary
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import one_line


def grouped(report: Report) -> str:
    """The files with their findings below, and the summary."""
    parts = []
    for path, found in groupby(report.diagnostics, key=lambda one: one.span.path):
        shown = report.palette.path(one_line(report.display_path(path)))
        parts += [f"{shown}:", *(_line(one, report) for one in found), ""]
    return "\n".join((*parts, summary(report), ""))


def _line(finding: Diagnostic, report: Report) -> str:
    code = report.palette.severity(finding.code, finding.severity)
    at = f"{finding.span.line}:{finding.span.column}"
    return f"  {at} {code} {one_line(finding.message)}"
