"""Runs the command line in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pgtrigger_codegen.cli.main import main


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> Any:
        """What was printed as JSON."""
        return json.loads(self.stdout)


def run_cli(project: Path, *arguments: str) -> Outcome:
    """Runs `pgtrigger-codegen -C project …`; a crash surfaces as the exception it is."""
    command = ["-C", str(project), *arguments]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    return Outcome(result.exit_code, result.stdout, result.stderr)


def run_json(project: Path, *arguments: str) -> Any:
    """Runs a command with JSON output that must end with 0."""
    outcome = run_cli(project, *arguments, "--output-format", "json")
    assert outcome.exit_code == 0, outcome.stderr
    return outcome.data
