"""The same source gives the same bytes, whatever the order of Python's sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import run_process
from tests.support.projects import copy_project


@pytest.mark.parametrize("name", ["shop", "cookbook"])
def test_two_processes_write_the_same(name: str, tmp_path: Path) -> None:
    written = [_dry_run(copy_project(name, tmp_path / seed), seed) for seed in ("1", "2024")]

    assert "migrations.RunSQL(" in written[0]
    assert written[0] == written[1]


def _dry_run(root: Path, seed: str) -> str:
    outcome = run_process(root, "makemigrations", "--dry-run", variables={"PYTHONHASHSEED": seed})
    assert outcome.exit_code == 0, outcome.stderr
    return outcome.stdout
