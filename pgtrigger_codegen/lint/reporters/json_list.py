"""The format for programs. Its shape is a promise: a change to it breaks the scripts of others."""

from __future__ import annotations

import json
from typing import Any

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Edit, Fix, Note
from pgtrigger_codegen.lint.documentation import page_url
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.span import Span


def json_list(report: Report) -> str:
    """A JSON list with an object for each finding."""
    findings = [finding_as_json(finding, report) for finding in report.diagnostics]
    return json.dumps(findings, indent=2, ensure_ascii=False) + "\n"


def finding_as_json(finding: Diagnostic, report: Report) -> dict[str, Any]:
    """The object for one finding."""
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": finding.severity.value,
        **_range(finding.span, report),
        "notes": [_note(note, report) for note in finding.notes],
        "help": finding.help,
        "fix": _fix(finding.fix, report) if finding.fix else None,
        "url": page_url(finding.code),
    }


def _note(note: Note, report: Report) -> dict[str, Any]:
    return {"message": note.message, **_start(note.span, report)}


def _fix(fix: Fix, report: Report) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": fix.applicability.value,
        "edits": [_edit(edit, report) for edit in fix.edits],
    }


def _edit(edit: Edit, report: Report) -> dict[str, Any]:
    return {**_range(edit.span, report), "content": edit.content}


def _range(span: Span, report: Report) -> dict[str, Any]:
    return {
        **_start(span, report),
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _start(span: Span, report: Report) -> dict[str, Any]:
    return {
        "path": report.display_path(span.path),
        "line": span.line,
        "column": span.column,
    }
