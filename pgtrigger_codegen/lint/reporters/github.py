"""Workflow commands, which GitHub Actions shows as annotations of the changed lines.

See https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.reporters.heading import summary
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import escaped

_COMMANDS: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


def github(report: Report) -> str:
    """A command for each finding, and the summary, which is for the log."""
    return "\n".join((*(_command(one, report) for one in report.diagnostics), summary(report), ""))


def _command(finding: Diagnostic, report: Report) -> str:
    span = finding.span
    path = report.hosted_path(span.path)
    properties = {
        "title": f"{finding.code} ({finding.name})",
        "file": path,
        "line": str(span.line),
        "endLine": str(span.end_line),
    }
    if span.line == span.end_line:  # columns of two lines are refused
        properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    # The log shows only what stands behind the colons, so the place is said there again.
    text = f"{path}:{span.line}:{span.column}: {finding.code} {finding.message}"
    if finding.help:
        text += f"\nhelp: {finding.help}"
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return escaped(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
