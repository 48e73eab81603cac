"""What real Django and django-pgtrigger make of projects: a script, and a function that runs it.

Each project is set up in a fork of one process, since importing Django takes longest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What became of a project.

    Attributes:
        install_sql: By URI, of the triggers that were registered.
        error: What it raised as it started or as triggers were compiled, else None.
    """

    install_sql: dict[str, str]
    error: str | None


def registered(projects: Iterable[Path]) -> dict[Path, Outcome]:
    """Starts each project and compiles its triggers."""
    folders = list(projects)
    process = subprocess.run(
        [sys.executable, __file__, *map(str, folders)], stdout=subprocess.PIPE, check=True
    )
    outcomes = [Outcome(**json.loads(line)) for line in process.stdout.splitlines()]
    return dict(zip(folders, outcomes, strict=True))


def main(folders: list[str]) -> None:
    import pgtrigger  # noqa: F401

    for folder in folders:
        child = os.fork()
        if child == 0:
            print(json.dumps(start(folder)), flush=True)  # noqa: T201
            os._exit(0)
        os.waitpid(child, 0)


def start(folder: str) -> dict[str, object]:
    import django
    import pgtrigger

    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    install_sql: dict[str, str] = {}
    try:
        django.setup()
        for model, trigger in pgtrigger.registered():
            install_sql[trigger.get_uri(model)] = str(trigger.compile(model).install_sql)
    except Exception as error:  # noqa: BLE001 whatever the project raises is the answer
        return {"install_sql": install_sql, "error": f"{type(error).__name__}: {error}"}
    return {"install_sql": install_sql, "error": None}


if __name__ == "__main__":
    main(sys.argv[1:])
