"""Fingerprints by which code hosts recognise a finding after its line has moved."""

from __future__ import annotations

import hashlib
from collections import Counter

from pgtrigger_codegen.lint.reporters.report import Report


def fingerprints(report: Report) -> list[str]:
    """One for each finding, made of path, code and message; equal ones are numbered."""
    seen: Counter[tuple[str, str, str]] = Counter()
    marks = []
    for finding in report.diagnostics:
        key = (report.hosted_path(finding.span.path), finding.code, finding.message)
        text = "\0".join((*key, str(seen[key])))
        marks.append(hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest())
        seen[key] += 1
    return marks
