"""Which triggers of a project PostgreSQL takes: a script, and a function that runs it.

Each project starts in a fork of one process, makes its tables and installs its triggers with
django-pgtrigger's own SQL, and takes it all back.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.support.django_process import DjangoProject


def refusals(projects: Iterable[Path], dsn: str) -> dict[Path, dict[str, str | None]]:
    """By project and URI: what PostgreSQL, or django-pgtrigger, says against the trigger.

    None stands for a trigger that was installed under its name.
    """
    folders = list(projects)
    environment = DjangoProject(folders[0], dsn)._environment()
    root = str(Path(__file__).parents[2])
    process = subprocess.run(
        [sys.executable, "-m", "tests.lint.installing", *map(str, folders)],
        stdout=subprocess.PIPE,
        check=True,
        cwd=root,
        env=environment | {"PYTHONPATH": root},
    )
    outcomes = [json.loads(line) for line in process.stdout.splitlines()]
    return dict(zip(folders, outcomes, strict=True))


def main(folders: list[str]) -> None:
    # What takes long to import, and depends on no settings, once for all.
    import django.contrib.auth.hashers
    import django.core.management
    import django.db.backends.postgresql.base
    import django.db.migrations.loader  # noqa: F401
    import pgtrigger  # noqa: F401

    for folder in folders:
        child = os.fork()
        if child == 0:
            print(json.dumps(install(folder)), flush=True)  # noqa: T201
            os._exit(0)
        os.waitpid(child, 0)


def install(folder: str) -> dict[str, str | None]:
    import django
    import pgtrigger
    from django.db import transaction

    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    outcomes: dict[str, str | None] = {}
    with transaction.atomic():
        make_tables()
        for model, trigger in pgtrigger.registered():
            outcomes[trigger.get_uri(model)] = problem(model, trigger)
        transaction.set_rollback(True)
    return outcomes


def make_tables() -> None:
    from django.apps import apps
    from django.db import connection
    from django.db.backends.postgresql.schema import DatabaseSchemaEditor

    models = [model for model in apps.get_models() if model._meta.app_label == "shop"]
    targets = {field.related_model for model in models for field in model._meta.fields}
    others = {model for model in targets if model and model not in models}
    # Not the connection's own class: django-pgtrigger's would install the triggers.
    with DatabaseSchemaEditor(connection) as editor:
        for model in (*others, *models):
            if model._meta.managed and not model._meta.proxy:
                editor.create_model(model)
        for operation in sql_operations():
            editor.execute(operation.sql, params=None)


def sql_operations() -> Iterator[Any]:
    from django.db.migrations import RunSQL
    from django.db.migrations.loader import MigrationLoader

    for migration in MigrationLoader(None).disk_migrations.values():
        if migration.app_label == "shop":
            yield from (one for one in migration.operations if isinstance(one, RunSQL))


def problem(model: Any, trigger: Any) -> str | None:
    from django.core.exceptions import FieldDoesNotExist, FieldError
    from django.db import Error, connection, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(trigger.compile(model).install_sql)
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgname::text = %s", [trigger.get_pgid(model)]
            )
            (found,) = cursor.fetchone()
    except (Error, FieldError, FieldDoesNotExist) as error:
        return f"{type(error).__name__}: {error}"
    return None if found else "the trigger goes by another name"


if __name__ == "__main__":
    main(sys.argv[1:])
