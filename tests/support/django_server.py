"""Runs the `manage.py` of projects, each in a fork of one process that has imported Django.

The import takes longer than most of what a project does. Nothing of a project is imported before
the fork. This is a script, which `tests.support.django_process` starts. Each line of its input is a
request, and is answered by a line with the exit code.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

_SECONDS = 600


def main() -> None:
    # What takes long to import, and depends on no settings.
    import django.contrib.auth.hashers
    import django.contrib.postgres.fields
    import django.core.management.commands.makemigrations
    import django.core.management.commands.migrate
    import django.core.management.commands.shell
    import django.db.backends.postgresql.base
    import django.db.migrations.loader  # noqa: F401
    import pgtrigger  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(**json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _run(
    arguments: list[str], folder: str, environment: dict[str, str], stdout: str, stderr: str
) -> Any:
    """Becomes the project's process, and ends with it."""
    code: object = 1
    try:
        signal.alarm(_SECONDS)
        for number, path in enumerate((os.devnull, stdout, stderr)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    except BaseException:  # noqa: BLE001 whatever ends the project's process is shown
        traceback.print_exc()
    finally:
        if not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
