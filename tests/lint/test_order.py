"""Findings have one order: the commands' output is compared in `tests/cli/test_reproducible.py`."""

from __future__ import annotations

import itertools

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.source.span import Span

SPAN = Span("/models.py", 1, 1, 1, 2)


def _finding(note: str, help: str | None = None) -> Diagnostic:
    notes = (Note(note, SPAN),)
    return Diagnostic("PGT1", "a", "the same", Severity.ERROR, SPAN, notes, help)


def test_findings_that_differ_in_little_have_an_order() -> None:
    findings = [_finding("one"), _finding("two"), _finding("two", "help"), _finding("two", "other")]
    orders = {
        tuple(sorted(order, key=lambda finding: finding.sort_key))
        for order in itertools.permutations(findings)
    }
    assert orders == {tuple(findings)}
