"""Annotations of Azure Pipelines.

See https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands.
"""

from __future__ import annotations

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import one_line


def azure(report: Report) -> str:
    """A command for each error and warning: there is none for information."""
    return "".join(
        _command(one, report) for one in report.diagnostics if one.severity is not Severity.INFO
    )


def _command(finding: Diagnostic, report: Report) -> str:
    properties = {
        "type": finding.severity.value,
        "sourcepath": report.hosted_path(finding.span.path),
        "linenumber": str(finding.span.line),
        "columnnumber": str(finding.span.column),
        "code": finding.code,
    }
    listed = "".join(f"{name}={_property(value)};" for name, value in properties.items())
    return f"##vso[task.logissue {listed}]{_data(finding.message)}\n"


def _data(text: str) -> str:
    return one_line(text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
