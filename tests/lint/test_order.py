"""The same input gives the same output, whatever Python's hashes are."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.source.span import Span
from tests.support.cli import run_process
from tests.support.projects import copy_project

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


@pytest.mark.parametrize("output_format", ["json", "full"])
def test_every_seed_gives_the_same(output_format: str, tmp_path: Path) -> None:
    project = copy_project("cookbook", tmp_path)
    command = ["--no-cache", "lint", "--select", "ALL"]
    outputs = {
        run_process(
            project, *command, "--output-format", output_format, variables={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert outputs != {""}
