"""Runs a fixture project in a real Django process.

What this package says of a project without importing it is compared with what Django does when
it imports it, so the two must not share a process.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

# libpq reads these itself, so the fixtures' settings need name no host, user or port.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
# What would change the project's process, or measure it for nothing.
_NOT_HANDED_DOWN = ("DJANGO_SETTINGS_MODULE", "PYTHONPATH", "PYTHONWARNINGS")


class DjangoProcessError(AssertionError):
    """A management command failed; the message holds all that it printed."""


@dataclass(frozen=True)
class DjangoProject:
    """A copy of a fixture project, and the database it shall use."""

    root: Path
    dsn: str | None = None

    def manage(self, *arguments: str) -> str:
        """Runs `manage.py` and returns what it printed; fails when it fails."""
        result = self.try_manage(*arguments)
        if result.returncode != 0:
            command = " ".join(arguments)
            raise DjangoProcessError(f"manage.py {command}:\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def try_manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._manage_py()), *arguments]
        with tempfile.TemporaryDirectory() as folder:
            stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
            code = _server().ask(
                arguments=command,
                folder=str(self.root),
                environment=self._environment(),
                stdout=str(stdout),
                stderr=str(stderr),
            )
            return subprocess.CompletedProcess(
                command, code, stdout.read_text("utf-8"), stderr.read_text("utf-8")
            )

    def run(self, script: str) -> str:
        """Runs Python code after `django.setup()` and returns what it printed."""
        # Without verbosity, Django's shell says nothing of the models that it imports.
        return self.manage("shell", "--verbosity", "0", "--command", script)

    def _manage_py(self) -> Path:
        (path,) = self.root.rglob("manage.py")
        return path

    def _environment(self) -> dict[str, str]:
        environment = _outer_environment()
        for key, value in conninfo_to_dict(self.dsn or "").items():
            environment[_VARIABLES[key]] = str(value)
        return environment


class _Server:
    """The process of `django_server.py`, one for all tests of this process."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("django_server.py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(script)],
            env=_outer_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        atexit.register(self._process.communicate)

    def ask(self, **request: object) -> int:
        """Runs one command to its end; its exit code."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests
        assert answers
        requests.write(f"{json.dumps(request)}\n")
        requests.flush()
        return int(answers.readline())


_server = functools.cache(_Server)


def _outer_environment() -> dict[str, str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_HANDED_DOWN and not name.startswith(("PG", "COV"))
    }
    if "PYTHONPYCACHEPREFIX" not in environment:  # a project gets no files that are not its own
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment
