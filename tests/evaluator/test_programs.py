"""Programs of pure Python: they bind what Python binds, or are refused; never anything else."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen import evaluator
from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from tests.evaluator.code import execute
from tests.evaluator.programs import programs

_PROGRAMS = programs()
# Operators on numbers and texts whose results could be too large, and what has no text by itself.
_FEWEST_EQUAL = 840
# What no reason may show: a class of ours, an address, or what is CPython's and no program names.
_CLASSES = [
    name
    for module in pkgutil.walk_packages(evaluator.__path__, f"{evaluator.__name__}.")
    for name, value in vars(importlib.import_module(module.name)).items()
    if isinstance(value, type) and value.__module__.startswith(evaluator.__name__)
]
_INSIDE = re.compile(
    rf"'({'|'.join(_CLASSES)})'"
    r"| at 0x|pgtrigger_codegen|getset_descriptor|mappingproxy|NotImplemented"
)


def test_programs_are_as_python_runs_them_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, different, ours_named = [], {}, {}
    for name, source in _PROGRAMS.items():
        ours, theirs = execute(tmp_path, source)["result"], _run(source, tmp_path, monkeypatch)
        if (unknown := first_unknown(ours)) is not None:
            refused.append(name)
            said = " ".join([unknown.reason, *(note.message for note in unknown.notes)])
            if _INSIDE.search(said):
                ours_named[name] = said
        elif ours != theirs or repr(ours) != repr(theirs):
            different[name] = (ours, theirs)

    assert different == {}
    assert ours_named == {}
    assert len(_PROGRAMS) - len(refused) >= _FEWEST_EQUAL, refused


def _run(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    names: dict[str, Any] = {"__name__": "main", "__file__": str(folder / "main.py")}
    with monkeypatch.context() as context:
        context.setitem(sys.modules, "main", types.ModuleType("main"))  # data classes look there
        exec(compile(source, "main.py", "exec", dont_inherit=True), names)
    return names["result"]
