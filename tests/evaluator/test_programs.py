"""Programs of pure Python: they bind what Python binds, or are refused; never anything else."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from tests.evaluator.code import execute
from tests.evaluator.programs import programs

_PROGRAMS = programs()
# Operators on numbers and texts whose results could be too large, and what has no text by itself.
_FEWEST_EQUAL = 620


def test_programs_are_as_python_runs_them_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, different = [], {}
    for name, source in _PROGRAMS.items():
        ours, theirs = execute(tmp_path, source)["result"], _run(source, tmp_path, monkeypatch)
        if first_unknown(ours) is not None:
            refused.append(name)
        elif ours != theirs or repr(ours) != repr(theirs):
            different[name] = (ours, theirs)

    assert different == {}
    assert len(_PROGRAMS) - len(refused) >= _FEWEST_EQUAL, refused


def _run(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    names: dict[str, Any] = {"__name__": "main", "__file__": str(folder / "main.py")}
    with monkeypatch.context() as context:
        context.setitem(sys.modules, "main", types.ModuleType("main"))  # data classes look there
        exec(compile(source, "main.py", "exec", dont_inherit=True), names)
    return names["result"]
