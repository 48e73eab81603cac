"""Both hooks, as pre-commit installs and runs them for somebody else's project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import REPOSITORY, copy_project

pytestmark = pytest.mark.slow

_OPTIONS = ("--all-files", "--verbose", "--color", "never")

_LOST_META = """

class Returnable(models.Model):
    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="keep_returns", operation=pgtrigger.Delete)]


class Chair(Returnable):
    class Meta:
        managed = False
"""


# It installs the package with all that it needs: about half a minute.
@pytest.mark.network
@pytest.mark.skipif(not (REPOSITORY / ".git").exists(), reason="pre-commit clones the repository")
def test_hooks_run_as_pre_commit_installs_them(tmp_path: Path) -> None:
    project = copy_project("adopted", tmp_path)
    with (project / "library" / "lending" / "models.py").open("a") as models:
        models.write(_LOST_META)
    _git(project, "init", "--quiet")
    _git(project, "add", ".")

    result = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(REPOSITORY), *_OPTIONS],
        cwd=project,
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    lint, check = _results(result.stdout)
    # `lint` finds what is wrong, and `makemigrations --check` finds nothing to do.
    assert "Failed" in lint, result.stdout + result.stderr
    assert "exit code: 1" in lint
    assert "PGT103" in lint
    assert "library/lending/models.py" in lint
    assert "Passed" in check
    assert result.returncode == 1


def _results(output: str) -> tuple[str, str]:
    """What is printed of `lint` and of the check; pre-commit sorts hooks by their ids."""
    _, _, hooks = output.partition("pgtrigger-codegen makemigrations --check...")
    check, separator, lint = hooks.partition("pgtrigger-codegen lint...")
    assert separator, output
    return lint, check


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=_environment(folder), check=True)


def _environment(scratch: Path) -> dict[str, str]:
    # Run from a git hook, these would point git at the repository that is being committed to.
    environment = {name: value for name, value in os.environ.items() if "GIT_" not in name}
    environment |= {"PRE_COMMIT_HOME": str(scratch / "pre-commit"), "GIT_TERMINAL_PROMPT": "0"}
    # The hook's own environment is to be found, not the one that the tests run in.
    environment.pop("VIRTUAL_ENV", None)
    return environment
