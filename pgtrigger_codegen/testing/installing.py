"""Installs a project's triggers in a test database, from source.

The command runs in a process of its own: it has settings of its own, and this process has those of
the project.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PARAMETERS = (
    "host",
    "hostaddr",
    "port",
    "user",
    "dbname",
    "service",
    "passfile",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "options",
)
"""Parameters of a connection that are libpq's own, but for the password."""

_SECONDS = 600


class TriggersNotInstalledError(Exception):
    """Triggers are missing in the test database."""


def install_triggers(
    using: str = "default", *, project: str | Path | None = None, allow_unread: bool = False
) -> None:
    """Installs all triggers of the project in a database, and what they need of django-pghistory.

    Triggers that are there already stay, or are brought up to date.

    Args:
        using: The alias of the database, which is the one that Django is connected to.
        project: The project's folder, or one in it; the current one by default.
        allow_unread: Whether it is fine that some triggers may be missing, since not all of the
            source could be read.

    Raises:
        TriggersNotInstalledError: Triggers could not be installed, or some may be missing.
    """
    from django.conf import settings
    from django.db import connections

    connection = connections[using]
    if connection.vendor != "postgresql":
        raise TriggersNotInstalledError(
            f"database {using!r} is {connection.vendor}, and triggers need PostgreSQL"
        )
    module = os.environ.get("DJANGO_SETTINGS_MODULE")
    if module is None:
        raise TriggersNotInstalledError(
            "DJANGO_SETTINGS_MODULE is not set: triggers are read from source, and the settings "
            "tell which apps there are"
        )
    _install_functions(using, settings.INSTALLED_APPS)
    parameters = connection.get_connection_params()
    command = [
        *(sys.executable, "-m", "pgtrigger_codegen", "-q", "-C", str(project or Path.cwd())),
        *("--settings", module, "install", "--yes", "--database", using),
        *("--dsn", _dsn(parameters)),
    ]
    environment = {**os.environ}
    if parameters.get("password"):
        environment["PGPASSWORD"] = parameters["password"]
    # What is found out about the tests' process is none of the other's business.
    environment.pop("PYTEST_CURRENT_TEST", None)
    done = subprocess.run(  # noqa: S603  (this very Python, and this package)
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode and not (allow_unread and _has_no_error(done.stderr)):
        raise TriggersNotInstalledError(
            f"the triggers were not all installed in the test database of {using!r}:\n"
            f"{done.stderr.strip()}"
        )


def _has_no_error(stderr: str) -> bool:
    """Whether all that was read is installed."""
    return not any(line.startswith("error:") for line in stderr.splitlines())


def _install_functions(using: str, apps: list[str]) -> None:
    """Installs the function of django-pghistory that its migrations would make."""
    if not any(app.partition(".")[0] == "pghistory" for app in apps):
        return
    from pghistory.models import Context

    Context.install_pgh_attach_context_func(using=using)


def _dsn(parameters: Mapping[str, Any]) -> str:
    """A connection string without the password, which the list of processes would show."""
    given = {name: parameters[name] for name in _PARAMETERS if parameters.get(name)}
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in given.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
