"""Fixtures of the linter's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint import commands


@pytest.fixture(autouse=True)
def _not_on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed must not depend on where the tests run."""
    for name in ("GITHUB_ACTIONS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a lost trigger, in a project that is the current folder."""
    path = tmp_path / "shop" / "models.py"
    path.parent.mkdir()
    path.write_text(commands.SOURCE)
    (tmp_path / "pyproject.toml").write_text("[tool.pgtrigger-codegen]\n")
    monkeypatch.chdir(tmp_path)
    commands.analyse(monkeypatch, tmp_path, lambda: commands.lost_triggers(path))
    return path
