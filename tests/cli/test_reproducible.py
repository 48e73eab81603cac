"""The same source gives the same bytes, whatever the order of Python's sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import copy_project


@pytest.mark.parametrize("name", ["shop", "cookbook"])
def test_two_processes_write_the_same(name: str, tmp_path: Path) -> None:
    written = [_dry_run(copy_project(name, tmp_path / seed), seed) for seed in ("1", "2024")]

    assert b"migrations.RunSQL(" in written[0]
    assert written[0] == written[1]


def _dry_run(root: Path, seed: str) -> bytes:
    command = [sys.executable, "-m", "pgtrigger_codegen", "-C", str(root), "makemigrations"]
    return subprocess.run(
        [*command, "--dry-run"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    ).stdout
