"""Each history is migrated version by version, and then back again.

After each version the catalog is that of a database on which `manage.py pgtrigger install`
installed the same models' triggers, and each migration taken back restores the catalog
before it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import psycopg
import pytest

from tests.migrations.scenarios.histories import HISTORIES
from tests.migrations.scenarios.histories_of_models import KINDS_OF_MODELS, SETTINGS
from tests.migrations.scenarios.histories_of_names import NAMES
from tests.migrations.scenarios.histories_of_other_tables import OTHER_TABLES
from tests.migrations.scenarios.histories_of_schema import SCHEMA_CHANGES
from tests.migrations.scenarios.history import INITIAL, Stage
from tests.migrations.scenarios.project import Catalog, ScenarioProject, project, server

pytestmark = pytest.mark.slow

__all__ = ["project", "server"]

_STATES = {"DISABLE": "D", "ENABLE REPLICA": "R", "ENABLE ALWAYS": "A"}
EMPTY: Catalog = {"triggers": {}, "functions": {}}


ALL = {**HISTORIES, **NAMES, **OTHER_TABLES, **SCHEMA_CHANGES, **KINDS_OF_MODELS}


@pytest.mark.parametrize("name", ALL)
def test_history(name: str, project: ScenarioProject) -> None:
    project.configure(SETTINGS.get(name, ""))
    points: list[tuple[list[str], Catalog]] = []
    states: dict[str, str] = {}
    for number, stage in enumerate(ALL[name]):
        _write(project, stage, first=number == 0)
        stage.act(project)
        outcome = project.makemigrations("--output-format", "json", *stage.arguments)
        assert outcome.exit_code == 0, outcome.stderr
        written = [
            f"{operation['kind']} {operation['uri'].rpartition(':')[2]}"
            for entry in json.loads(outcome.stdout)["written"]
            for operation in entry["operations"]
        ]
        assert written == list(stage.kinds), number
        assert project.makemigrations("--check").exit_code == 0, number
        states |= stage.enabled
        if stage.disabled:
            states |= {name: _STATES[state] for name, state in stage.disabled.items()}
            _disable(project, stage.disabled, points[-1][1])
            # Taken back, the triggers are as they are then.
            points = [(names, _with_states(found, states)) for names, found in points]
        (catalog, _) = project.manage(
            ["migrate", "--verbosity=0"], ["makemigrations", "--check", "--dry-run"]
        )
        assert catalog == _with_states(project.installed_afresh(), states), number
        points.append((_all_migrations(project), catalog))

    _there_and_back(project, points)


def _there_and_back(project: ScenarioProject, points: list[tuple[list[str], Catalog]]) -> None:
    """Take back version by version, all the way, and go forwards again."""
    commands: list[list[str]] = []
    expected: dict[int, Catalog] = {}
    for migrations, catalog in reversed(points[:-1]):
        commands += _targets(migrations)
        expected[len(commands) - 1] = catalog
    commands += [["migrate", app, "zero", "--verbosity=0"] for app in ("audit", "shop")]
    expected[len(commands) - 1] = EMPTY
    commands.append(["migrate", "--verbosity=0"])
    expected[len(commands) - 1] = _enabled(points[-1][1])

    catalogs = project.manage(*commands)

    assert {number: catalogs[number] for number in expected} == expected


def _write(project: ScenarioProject, stage: Stage, *, first: bool) -> None:
    project.write_models("shop", stage.models)
    if stage.audit is not None:
        project.write_models("audit", stage.audit)
    elif first:
        project.write_models("audit", "")
    if stage.schema or first:
        project.write_migration("shop", stage.schema or INITIAL, stage.needs)
    if stage.then:
        project.write_migration("shop", stage.then)
    if stage.audit_schema:
        project.write_migration("audit", stage.audit_schema, stage.audit_needs)


def _disable(project: ScenarioProject, disabled: Mapping[str, str], catalog: Catalog) -> None:
    """Do by hand what an operator does."""
    with psycopg.connect(project.dsn, autocommit=True) as connection:
        for key in catalog["triggers"]:
            if how := disabled.get(_trigger_name(key)):
                table, name = key.split(" ")
                quoted = '"{}"'.format(table.replace(".", '"."'))
                connection.execute(f"ALTER TABLE {quoted} {how} TRIGGER {name}".encode())


def _all_migrations(project: ScenarioProject) -> list[str]:
    return [f"{app}.{name}" for app in ("shop", "audit") for name in project.migrations(app)]


def _targets(migrations: list[str]) -> list[list[str]]:
    """Commands that lead back to the last of these migrations in each app."""
    last = dict(migration.split(".") for migration in migrations)
    return [["migrate", app, last.get(app, "zero"), "--verbosity=0"] for app in ("audit", "shop")]


def _with_states(catalog: Catalog, enabled: Mapping[str, str]) -> Catalog:
    """The catalog with some triggers disabled, as an operator did by hand."""
    triggers = {
        key: [*row[:2], enabled.get(_trigger_name(key), row[2]), *row[3:]]
        for key, row in catalog["triggers"].items()
    }
    return {**catalog, "triggers": triggers}


def _trigger_name(key: str) -> str:
    """`guard` of `public.shop_order pgtrigger_guard_12345`."""
    return key.rpartition(" ")[2].removeprefix("pgtrigger_").rpartition("_")[0]


def _enabled(catalog: Catalog) -> Catalog:
    """A database filled anew has no trigger disabled."""
    triggers = {key: [*row[:2], "O", *row[3:]] for key, row in catalog["triggers"].items()}
    return {**catalog, "triggers": triggers}
