"""Runs a fixture project in a real Django process.

What this package says of a project without importing it is compared with what Django does when
it imports it, so the two must not share a process.
"""

from __future__ import annotations

import os
import subprocess
import sys
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
        return subprocess.run(
            [sys.executable, str(self._manage_py()), *arguments],
            cwd=self.root,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def run(self, script: str) -> str:
        """Runs Python code after `django.setup()` and returns what it printed."""
        # Without verbosity, Django's shell says nothing of the models that it imports.
        return self.manage("shell", "--verbosity", "0", "--command", script)

    def _manage_py(self) -> Path:
        (path,) = self.root.rglob("manage.py")
        return path

    def _environment(self) -> dict[str, str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in _NOT_HANDED_DOWN and not name.startswith(("PG", "COV"))
        }
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        for key, value in conninfo_to_dict(self.dsn or "").items():
            environment[_VARIABLES[key]] = str(value)
        return environment
