"""SARIF 2.1.0, which code scanning services read.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from pgtrigger_codegen import __version__
from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Edit, Fix, Note, Severity
from pgtrigger_codegen.lint.documentation import (
    HOMEPAGE,
    page_url,
    rule_page,
    rule_sentence,
    rule_summary,
)
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.reporters.fingerprint import fingerprints
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.span import Span

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# The root that paths are relative to; GitHub and others put the checkout in its place.
_ROOT = "%SRCROOT%"
_LEVELS: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}


def sarif(report: Report) -> str:
    """A log with one run."""
    found = {finding.code for finding in report.diagnostics}
    rules = [rule for rule in RULES if rule.code in found]
    run = {
        "tool": {
            "driver": {
                "name": "pgtrigger-codegen",
                "version": __version__,
                "informationUri": HOMEPAGE,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": _results(report, [rule.code for rule in rules]),
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule_sentence(rule)},
        "fullDescription": {"text": rule_summary(rule)},
        "help": {"text": rule_page(rule), "markdown": rule_page(rule)},
        "helpUri": page_url(rule.code),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _results(report: Report, codes: Sequence[str]) -> list[dict[str, Any]]:
    marks = fingerprints(report)
    return [
        _result(finding, mark, report, codes)
        for finding, mark in zip(report.diagnostics, marks, strict=True)
    ]


def _result(
    finding: Diagnostic, fingerprint: str, report: Report, codes: Sequence[str]
) -> dict[str, Any]:
    text = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(finding.span, report)}],
        "partialFingerprints": {"pgtriggerCodegen/v1": fingerprint},
    }
    if finding.code in codes:
        result["ruleIndex"] = codes.index(finding.code)
    if finding.notes:
        result["relatedLocations"] = [_note(note, report) for note in finding.notes]
    # A fix in SARIF is one that may be applied; a sketch is not.
    if finding.fix and finding.fix.applicability is not Applicability.DISPLAY_ONLY:
        result["fixes"] = [_fix(finding.fix, report)]
    return result


def _note(note: Note, report: Report) -> dict[str, Any]:
    return {
        "message": {"text": note.message},
        "physicalLocation": _location(note.span, report),
    }


def _fix(fix: Fix, report: Report) -> dict[str, Any]:
    by_path: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_path.setdefault(edit.span.path, []).append(edit)
    return {
        "description": {"text": fix.title},
        "properties": {"applicability": fix.applicability.value},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path, report),
                "replacements": [_replacement(edit) for edit in edits],
            }
            for path, edits in by_path.items()
        ],
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}}


def _location(span: Span, report: Report) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span.path, report), "region": _region(span)}


def _artifact(path: str, report: Report) -> dict[str, str]:
    shown = report.hosted_path(path)
    location = {"uri": quote(shown)}
    if not shown.startswith(("/", "site-packages/")):
        location["uriBaseId"] = _ROOT
    return location


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
