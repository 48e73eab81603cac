"""The command without its extra."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.support.cli import run_cli


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    outcome = run_cli(tmp_path, "server")

    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("error: the server needs pygls, which is not installed\n")
    assert 'pip install "pgtrigger-codegen[editor]"' in outcome.stderr
    assert outcome.stdout == ""
