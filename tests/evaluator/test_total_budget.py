"""What is within its budget statement by statement can be too much in all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.unread import GapKind
from tests.evaluator.code import execute


def test_many_statements_within_their_budgets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "STEPS_OF_A_RUN", 5_000)
    source = "\n".join(f"x{n} = [i for i in range(100)]" for n in range(300))
    executed = execute(tmp_path, source)
    names = executed.scope.names
    assert names["x0"] == list(range(100))
    assert isinstance(names["x299"], Unknown)
    assert "5000 steps in all" in names["x299"].reason
    assert GapKind.LIMIT_PASSED in {one.kind for one in executed.vm.trace.unread}


def test_a_project_of_usual_size_is_far_from_it() -> None:
    assert totals.STEPS_OF_A_RUN >= 100 * totals.STEPS
