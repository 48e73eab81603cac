"""Findings of every kind, for the formats that other programs read."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.lint.diagnostic import (
    Applicability,
    Diagnostic,
    Edit,
    Fix,
    Note,
    Severity,
)
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.span import Span
from tests.lint import facts

META = facts.span(2, 11)
BASE = facts.span(1, 13, path="/project/core/bases.py")
SEVERAL_LINES = Span("/project/shop/models.py", 3, 5, 7, 6)
INSTALLED = facts.span(9, path="/venv/lib/python3.12/site-packages/other/models.py")
FIX = Fix(
    "Derive `Meta`",
    Applicability.SAFE,
    (Edit(META, "Meta(Audited.Meta)"), Edit(BASE, "Base"), Edit(SEVERAL_LINES, "")),
)
SKETCH = Fix("Think", Applicability.DISPLAY_ONLY, (Edit(META, "..."),))

FINDINGS = (
    facts.finding(META, fix=FIX, help="Derive it", notes=(Note("Declared here", BASE),)),
    facts.finding(META, code="PGT104", fix=SKETCH),
    facts.finding(SEVERAL_LINES, code="PGT102", severity=Severity.WARNING),
    facts.finding(INSTALLED, code="PGT999", severity=Severity.INFO),
)


def display_path(path: str) -> str:
    if "site-packages" in path:
        return path[path.index("site-packages") :]
    return path.removeprefix("/project/")


def report(*diagnostics: Diagnostic, **options: Any) -> Report:
    return Report(diagnostics, display_path, len, **options)
