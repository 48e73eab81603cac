"""GitLab's code quality report.

See https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.reporters.fingerprint import fingerprints
from pgtrigger_codegen.lint.reporters.report import Report

_SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "major",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
}


def gitlab(report: Report) -> str:
    """A JSON list with an object for each finding."""
    marks = fingerprints(report)
    findings = [
        _finding(finding, mark, report)
        for finding, mark in zip(report.diagnostics, marks, strict=True)
    ]
    return json.dumps(findings, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Diagnostic, fingerprint: str, report: Report) -> dict[str, Any]:
    span = finding.span
    return {
        "description": f"{finding.code}: {finding.message}",
        "check_name": finding.name,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": report.hosted_path(span.path),
            "positions": {
                "begin": {"line": span.line, "column": span.column},
                "end": {"line": span.end_line, "column": span.end_column},
            },
        },
    }
