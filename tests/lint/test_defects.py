"""Defects of all kinds, of which each is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from tests.lint.cases import Case, read_cases

CASES = {
    case.name: case for case in read_cases(Path(__file__).parents[2] / "fixtures" / "defects.md")
}


def test_there_are_many_of_many_kinds() -> None:
    codes = {one.code for case in CASES.values() for one in case.expected}

    assert len(CASES) >= 60
    assert len(codes) >= 30


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_defect_is_found_and_nothing_else(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)

    found = run(analyze(tmp_path))

    assert case.expected
    assert [
        (
            Path(one.span.path).relative_to(tmp_path).as_posix(),
            one.span.line,
            one.severity,
            one.code,
        )
        for one in found
    ] == [(one.path, one.line, one.severity, one.code) for one in case.expected]
