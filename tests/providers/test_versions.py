"""The tests of this folder, with the two minor versions of django-pghistory before the current."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.support.projects import REPOSITORY


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("version", ["3.7", "3.8"])
def test_with_an_earlier_version(version: str, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    [site] = (tmp_path / "venv").glob("lib/python3*/site-packages")
    # All but django-pghistory comes from the environment that the tests run in.
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))
    install = ["install", "--quiet", "--no-deps", "--target", str(site)]
    _run(sys.executable, "-m", "pip", *install, f"django-pghistory~={version}.0")

    python = tmp_path / "venv/bin/python"
    used = _run(python, "-c", "import pghistory; print(pghistory.__version__)")
    assert used.startswith(f"{version}.")
    tested = _run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/providers")
    assert " passed" in tested


def _run(*command: str | Path) -> str:
    # A measurement of coverage that this process takes part in stays its own: the tests that are
    # run here would begin theirs, and that erases what was written before.
    own = ("COV", "PYTEST")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    result = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
