"""reviewdog's diagnostic format.

See https://github.com/reviewdog/reviewdog/tree/master/proto/rdf.
"""

from __future__ import annotations

import json
from typing import Any

from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic
from pgtrigger_codegen.lint.documentation import HOMEPAGE, page_url
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.span import Span


def rdjson(report: Report) -> str:
    """One object with all findings."""
    found = [_diagnostic(one, report) for one in report.diagnostics]
    source = {"name": "pgtrigger-codegen", "url": HOMEPAGE}
    return json.dumps({"source": source, "diagnostics": found}, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(finding: Diagnostic, report: Report) -> dict[str, Any]:
    text = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    return {
        "message": text,
        "location": {
            "path": report.hosted_path(finding.span.path),
            "range": _range(finding.span, report),
        },
        "severity": finding.severity.value.upper(),
        "code": {
            "value": finding.code,
            "url": page_url(finding.code),
        },
        "suggestions": _suggestions(finding, report),
    }


def _suggestions(finding: Diagnostic, report: Report) -> list[dict[str, Any]]:
    """The edits of a fix, where all of them are in the finding's own file."""
    fix = finding.fix
    if fix is None or fix.applicability is Applicability.DISPLAY_ONLY:
        return []
    if any(edit.span.path != finding.span.path for edit in fix.edits):
        return []
    return [{"range": _range(edit.span, report), "text": edit.content} for edit in fix.edits]


def _range(span: Span, report: Report) -> dict[str, Any]:
    return {
        "start": _position(span.path, span.line, span.column, report),
        "end": _position(span.path, span.end_line, span.end_column, report),
    }


def _position(path: str, line: int, column: int, report: Report) -> dict[str, int]:
    """Columns count bytes there."""
    lines = report.lines(path)
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    return {"line": line, "column": column + len(before.encode()) - len(before)}
