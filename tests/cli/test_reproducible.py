"""The same source gives the same bytes, whatever Python's hashes are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import run_process
from tests.support.projects import copy_project

_COMMANDS = {
    "written": ("makemigrations", "--dry-run"),
    "for people": ("lint", "--select", "ALL", "--output-format", "full"),
    "for programs": ("lint", "--select", "ALL", "--output-format", "json"),
}
# All of it in one process for each seed, since most of the time is spent on starting one.
_SCRIPT = """\
import sys
from pgtrigger_codegen.cli.main import main
for command in {commands!r}:
    main(["--no-cache", *command], standalone_mode=False)
    print("{end}")
"""
_END = "-- the end of a command"


@pytest.mark.parametrize(
    ("name", "seeds"),
    [
        ("shop", ("1", "2")),
        pytest.param("shop", ("2", "2024"), marks=pytest.mark.slow),
        pytest.param("cookbook", ("1", "2", "2024"), marks=pytest.mark.slow),
    ],
)
@pytest.mark.early
def test_every_seed_gives_the_same(name: str, seeds: tuple[str, ...], tmp_path: Path) -> None:
    project = copy_project(name, tmp_path)
    script = _SCRIPT.format(commands=[*_COMMANDS.values()], end=_END)
    printed = []
    for seed in seeds:
        outcome = run_process(project, python=("-c", script), variables={"PYTHONHASHSEED": seed})
        assert outcome.exit_code == 0, outcome.stderr
        texts = outcome.stdout.split(f"{_END}\n")
        printed.append(dict(zip(_COMMANDS, texts, strict=False)))

    for command in _COMMANDS:
        assert len({texts[command] for texts in printed}) == 1, command
    assert "migrations.RunSQL(" in printed[0]["written"]
    assert "PGT" in printed[0]["for people"]
    assert '"code": "PGT' in printed[0]["for programs"]
