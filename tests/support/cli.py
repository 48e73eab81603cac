"""Runs the command line: in this process, or in one of its own.

Most tests want the first, which takes a tenth of the time. A process of its own is for what only a
process has: its imports, its hash seed, its encoding, its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pgtrigger_codegen.cli.main import main
from tests.support.schemas import check_output

# What a Python program does that starts the console script.
CONSOLE_SCRIPT = "from pgtrigger_codegen.cli.entry import run; run()"


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
    check_output(arguments, result.stdout)
    return Outcome(result.exit_code, result.stdout, result.stderr)


def run_json(project: Path, *arguments: str) -> Any:
    """Runs a command with JSON output that must end with 0."""
    outcome = run_cli(project, *arguments, "--output-format", "json")
    assert outcome.exit_code == 0, outcome.stderr
    return outcome.data


def run_process(
    folder: Path,
    *arguments: str,
    python: Sequence[str] = ("-m", "pgtrigger_codegen"),
    variables: Mapping[str, str | None] | None = None,
) -> Outcome:
    """Runs the command in a process of its own, which may take five minutes.

    Args:
        folder: The process's working directory.
        arguments: Those of the command.
        python: How Python is told to start it, as in `("-c", CONSOLE_SCRIPT)`.
        variables: Environment variables beside those of this process; `None` takes one away.
    """
    process = start_process(folder, *arguments, python=python, variables=variables)
    try:
        stdout, stderr = process.communicate(timeout=300)
    finally:
        process.kill()
    return Outcome(process.returncode, stdout, stderr)


def start_process(
    folder: Path,
    *arguments: str,
    python: Sequence[str] = ("-m", "pgtrigger_codegen"),
    variables: Mapping[str, str | None] | None = None,
    stdout: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """Starts the command as `run_process` does, and does not wait for its end.

    Whoever does not read its output gives `DEVNULL`: a full pipe would stop it.
    """
    environment = {**os.environ, **(variables or {})}
    return subprocess.Popen(
        [sys.executable, *python, *arguments],
        cwd=folder,
        env={name: value for name, value in environment.items() if value is not None},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="surrogateescape",
    )
