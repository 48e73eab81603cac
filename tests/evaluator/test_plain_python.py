"""The rules of Python stand alone: no Django, and a domain that knows nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_FEWEST_EQUAL = 480


def test_programs_run_where_no_django_is_installed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.evaluator.plain", str(tmp_path)]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    outcomes = json.loads(run.stdout)
    assert outcomes["loaded"] == []
    assert outcomes["different"] == []
    assert len(outcomes["equal"]) >= _FEWEST_EQUAL, outcomes["refused"]
