"""A real Django process that stays, and compiles the triggers of one models file after another.

Each file is executed in a fork, so that none sees the models of another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

SETTINGS = """\
USE_TZ = True
TIME_ZONE = "UTC"
SECRET_KEY = "not a secret"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "pgtrigger", "app"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "none"}}
PGTRIGGER_MIGRATIONS = False
"""


class LiveDjango:
    """A project with one app, whose models are given as text."""

    def __init__(self, root: Path, process: subprocess.Popen[str]) -> None:
        self.root = root
        self._process = process

    def hashes(self, models: str) -> dict[str, str]:
        """By URI, django-pgtrigger's hash, or the error that it raises.

        The file in the project is written too, for us to read.
        """
        (self.root / "app" / "models.py").write_text(models, encoding="utf-8")
        stdin, stdout = _pipes(self._process)
        stdin.write(json.dumps(models) + "\n")
        stdin.flush()
        answer: dict[str, str] = json.loads(stdout.readline())
        return answer


@contextmanager
def live_django(root: Path) -> Iterator[LiveDjango]:
    """Starts the process for a new project in the folder."""
    from tests.support.projects import write_project  # the process has another search path

    write_project(root, files={"settings.py": SETTINGS, "app/models.py": ""}, packages=["app"])
    with subprocess.Popen(
        [sys.executable, __file__, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert _pipes(process)[1].readline() == "ready\n"  # it has read the empty models
        yield LiveDjango(root, process)
        _pipes(process)[0].close()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def main(root: str) -> None:
    import django

    sys.path.insert(0, root)
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    django.setup()
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            print(json.dumps(compile_models(json.loads(line))), flush=True)  # noqa: T201
            os._exit(0)
        os.waitpid(child, 0)


def compile_models(source: str) -> dict[str, str]:
    import pgtrigger
    from pgtrigger.apps import register_triggers_from_meta

    namespace = {"__name__": "app.models", "__file__": "app/models.py"}
    try:
        exec(compile(source, "app/models.py", "exec"), namespace)
        register_triggers_from_meta()  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001  whatever the source raises is the answer
        return {"": f"{type(error).__name__}: {error}"}
    found: dict[str, str] = {}
    for model, trigger in pgtrigger.registered():
        try:
            found[trigger.get_uri(model)] = trigger.compile(model).hash
        except Exception as error:  # noqa: BLE001  the same
            found[trigger.get_uri(model)] = f"{type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    main(sys.argv[1])
