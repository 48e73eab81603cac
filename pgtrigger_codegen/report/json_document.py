"""The report as JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from pgtrigger_codegen.report.facts import Finding, NotRead, Operation, Report, TriggerChange
from pgtrigger_codegen.source.place import Place


def json_document(report: Report) -> str:
    """The whole document, with a line break at the end."""
    document = {
        "version": 1,
        "since": report.since,
        "changes": [_change(change) for change in report.changes],
        "findings": [_finding(finding) for finding in report.findings],
        "unresolved": [_not_read(item) for item in report.unresolved],
        "not_read": [_not_read(item) for item in report.not_read],
        "incomplete": report.incomplete,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _change(change: TriggerChange) -> dict[str, Any]:
    return {
        "uri": change.uri,
        "old_uri": change.old_uri,
        "kind": change.kind,
        "table": change.table,
        **_place(change.place),
        "reasons": list(change.reasons),
        "diff": list(change.diff),
        "written": change.is_written,
        "left_behind": change.is_left_behind,
        "new_table": change.is_new_table,
        "waits": change.waits,
        "reverses": change.reverses,
        "error": change.error,
        "advice": list(change.advice),
        "operations": [_operation(operation) for operation in change.operations],
        "findings": [_finding(finding) for finding in change.findings],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "migration": ".".join(operation.migration) if operation.migration else None,
        "name": operation.name,
        "kind": operation.kind,
        **_place(operation.place),
        "reversible": operation.is_reversible,
        "statements": [
            {
                "does": step.does,
                "lock": step.mode,
                "table": step.table,
                "known": step.is_known,
                "waits": step.blocks,
            }
            for step in operation.steps
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        **_place(finding.place),
        "help": finding.help,
    }


def _not_read(item: NotRead) -> dict[str, Any]:
    return {
        "hides": item.hides,
        "reason": item.reason,
        **_place(item.place),
        "new": item.is_new,
    }


def _place(place: Place | None) -> dict[str, Any]:
    return {"path": place.path if place else None, "line": place.line if place else None}
