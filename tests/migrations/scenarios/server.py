"""Runs management commands, each batch in a fresh process that need not import Django again.

One JSON document a line comes in on standard input, and one goes out for each. A batch is a
fork of this process, so that no batch sees the models or settings of another one.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import traceback
from dataclasses import astuple
from typing import Any

from tests.support.catalog import installed_triggers, trigger_functions

# Whatever takes time to import, but nothing that asks for settings.
_PRELOADED = (
    "django.core.management.commands.migrate",
    "django.core.management.commands.makemigrations",
    "django.db.backends.postgresql.base",
    "pgtrigger.management.commands.pgtrigger",
)


def catalog(dsn: str) -> dict[str, Any]:
    """Triggers and functions as JSON: what the two databases must agree on."""
    triggers = {
        f"{table} {name}": list(astuple(trigger))
        for (table, name), trigger in installed_triggers(dsn).items()
    }
    return {"triggers": triggers, "functions": trigger_functions(dsn)}


def _run(request: dict[str, Any]) -> dict[str, Any]:
    """Run the commands one after the other; the catalog after each of them."""
    os.chdir(request["root"])
    os.environ.update(request["environment"])
    sys.path[:0] = [request["root"], request["packages"]]
    sys.dont_write_bytecode = True
    output, catalogs = io.StringIO(), []
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            import django
            from django.core.management import call_command

            django.setup()
            for command in request["commands"]:
                call_command(*command)
                catalogs.append(catalog(request["dsn"]))
    except (Exception, SystemExit):  # noqa: BLE001  (whatever it is, the test shall show it)
        return {"error": f"{output.getvalue()}\n{traceback.format_exc()}", "catalogs": catalogs}
    return {"error": None, "catalogs": catalogs}


def _run_in_fork(request: dict[str, Any]) -> str:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(_run(request), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(process, 0)
    return answer


def main() -> None:
    for module in _PRELOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        print(_run_in_fork(json.loads(line)), flush=True)  # noqa: T201  (this is the protocol)


if __name__ == "__main__":
    main()
