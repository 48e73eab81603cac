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
from pgtrigger_codegen.source.span import Span

_COMMANDS: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


def github(report: Report) -> str:
    """A command for each finding, and the summary, which is for the log."""
    return "\n".join((*(_command(one, report) for one in report.diagnostics), summary(report), ""))


def annotation(
    level: str, title: str, text: str, path: str | None = None, span: Span | None = None
) -> str:
    """One command.

    Args:
        level: `error`, `warning` or `notice`.
        path: As the host of the code knows the file; None where there is none.
    """
    properties = {"title": title}
    if path is not None and span is not None:
        properties |= {"file": path, "line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:  # columns of two lines are refused
            properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
        # The log shows only what stands behind the colons, so the place is said there again.
        text = f"{path}:{span.line}:{span.column}: {text}"
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {listed}::{_data(text)}"


def _command(finding: Diagnostic, report: Report) -> str:
    text = f"{finding.code} {finding.message}"
    if finding.help:
        text += f"\nhelp: {finding.help}"
    path = report.hosted_path(finding.span.path)
    title = f"{finding.code} ({finding.name})"
    return annotation(_COMMANDS[finding.severity], title, text, path, finding.span)


def _data(text: str) -> str:
    return escaped(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
