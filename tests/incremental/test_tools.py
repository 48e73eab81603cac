"""What is kept is forgotten when the program itself changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pgtrigger_codegen

_ASK = "from pgtrigger_codegen.incremental.inputs import tools; print(tools())"


def _tools(folder: Path) -> str:
    command = [sys.executable, "-c", _ASK]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    asked = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return asked.stdout


@pytest.mark.parametrize("name", ["sql/parser.py", "stubs/solo/models.pyi", "stubs/packages.toml"])
def test_a_changed_file_of_ours_counts(name: str, tmp_path: Path) -> None:
    package = tmp_path / "pgtrigger_codegen"
    own = Path(pgtrigger_codegen.__file__).parent
    shutil.copytree(own, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = _tools(tmp_path)
    assert _tools(tmp_path) == before

    changed = package / name
    changed.write_text(changed.read_text() + "\n# changed\n")

    assert _tools(tmp_path) != before
