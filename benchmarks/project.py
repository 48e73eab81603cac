"""Any project against its own Django: `python -m benchmarks --project DIR --python VENV`.

Django does what `manage.py makemigrations --check --dry-run` does, but asks no database whether its
history is consistent, nor for its version, as the checks of some fields do. The
project's environment runs Django; ours reads it.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import Command, Runs, in_turn, run

_DJANGO = """\
import runpy, sys
from django.db.migrations.loader import MigrationLoader
MigrationLoader.check_consistent_history = lambda self, connection: None
try:
    from django.db.backends.postgresql.base import DatabaseWrapper
except Exception:
    pass
else:
    DatabaseWrapper.pg_version = 180000
sys.path.insert(0, "")
sys.argv = ["manage.py", "makemigrations", "--check", "--dry-run"]
runpy.run_path("manage.py", run_name="__main__")
"""
# There are changes to make, or something is unresolved: not what is measured here.
_ENDS = frozenset({0, 1, 2})


def measure(
    project: Path, environment: Path, runs: int, variables: Mapping[str, str] | None = None
) -> tuple[Runs, Runs, Runs, Runs]:
    """Times Django, and ours in turn: with nothing cached, with facts about packages kept and no
    more, and with nothing changed.

    Args:
        project: The folder of `manage.py`. Ours keeps its cache there, as always.
        environment: The project's virtual environment, or the Python in it.
        runs: How many count, after one that does not.
        variables: Of the environment of all three, besides those of ours.

    Raises:
        SystemExit: Django, or ours, does not get through the project.
    """
    environment = environment.absolute()
    folder = environment if environment.is_dir() else environment.parent.parent
    python = next((folder / name for name in _PYTHONS if (folder / name).exists()), None)
    if python is None or not (project / "manage.py").is_file():
        what = f"no manage.py in {project}" if python else f"no Python in {environment}"
        raise SystemExit(f"error: there is {what}")
    given = dict(variables or {})
    django = Command((str(python), "-c", _DJANGO), project, exit_codes=_ENDS, variables=given)
    given = {**given, "VIRTUAL_ENV": str(folder)}
    ours = (sys.executable, "-m", "pgtrigger_codegen")
    check = ("makemigrations", "--check")
    cold = Command((*ours, "--no-cache", *check), project, exit_codes=_ENDS, variables=given)
    clean = Command((*ours, "clean"), project, variables=given)
    facts = Command(
        (*ours, *check),
        project,
        before=functools.partial(run, clean),
        exit_codes=_ENDS,
        variables=given,
    )
    warm = Command((*ours, *check), project, exit_codes=_ENDS, variables=given)
    for command in (django, cold):
        _try(command)
    theirs, first, with_facts, again = in_turn([django, cold, facts, warm], runs)
    return theirs, first, with_facts, again


_PYTHONS = ("bin/python", "Scripts/python.exe")


def _try(command: Command) -> None:
    """Runs a command once: one that fails at once would be the fastest."""
    done = subprocess.run(  # noqa: S603  (ours, and Django on a project that the user names)
        command.arguments,
        cwd=command.folder,
        env=command.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stderr.strip().splitlines()
    failed = done.returncode not in command.exit_codes or "Traceback" in done.stderr
    if failed or (said and said[-1].startswith("error:")):
        raise SystemExit(
            f"error: {Path(command.arguments[0]).name} does not get through {command.folder}: "
            f"{said[-1] if said else f'it ends with {done.returncode}'}\n"
            "Set the environment variables that its settings need, and try again."
        )
