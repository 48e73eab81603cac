"""Situations that are no history of models: what is in the database came by another way."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.migrations.scenarios.history import FIELDS, INITIAL, TOTAL, order, trigger
from tests.migrations.scenarios.project import Catalog, ScenarioProject, project, server
from tests.support.cli import run_cli

__all__ = ["project", "server"]

MIGRATE = ["migrate", "--verbosity=0"]
CONSTRAINT = trigger("late", when="pgtrigger.After", timing="pgtrigger.Deferred")


@pytest.mark.parametrize("state", ["DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"])
@pytest.mark.parametrize("options", [[], ["--no-replace-trigger"]])
def test_a_database_that_was_filled_without_migrations(
    project: ScenarioProject, options: list[str], state: str
) -> None:
    project.write_models("shop", order(trigger(), CONSTRAINT))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    (_, filled) = project.manage(MIGRATE, ["pgtrigger", "install"])
    _set_states(project, state)
    written = project.makemigrations(*options)

    (catalog, empty) = project.manage(MIGRATE, ["migrate", "shop", "0001", "--verbosity=0"])

    assert written.exit_code == 0
    assert _without_states(catalog) == _without_states(filled)
    assert [row[2] for row in catalog["triggers"].values()] == [_STATES[state]] * 2
    assert empty == {"triggers": {}, "functions": {}}


def test_without_adopting_the_new_triggers_are_enabled(project: ScenarioProject) -> None:
    project.write_models("shop", order(trigger()))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    project.manage(MIGRATE, ["pgtrigger", "install"])
    _set_states(project, "DISABLE")
    project.makemigrations("--no-adopt")

    (catalog,) = project.manage(MIGRATE)

    assert [row[2] for row in catalog["triggers"].values()] == ["O"]


def test_a_later_migration_adopts_when_it_is_told_to(project: ScenarioProject) -> None:
    project.write_models("shop", order(trigger()))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    project.write_models("shop", order(trigger(), trigger("more")))
    project.manage(MIGRATE, ["pgtrigger", "install"])
    _set_states(project, "DISABLE")
    assert "taken over" not in project.makemigrations("--dry-run").stdout
    project.makemigrations("--adopt")

    (catalog,) = project.manage(MIGRATE)

    assert [row[2] for row in catalog["triggers"].values()] == ["D", "D"]


def test_an_outdated_trigger_is_brought_up_to_date(project: ScenarioProject) -> None:
    """It was installed from an earlier version of the models, and disabled."""
    project.write_models("shop", order(trigger(func="RETURN NULL;")))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    project.manage(MIGRATE, ["pgtrigger", "install"])
    _set_states(project, "DISABLE")
    project.write_models("shop", order(trigger(operation="pgtrigger.Delete")))
    project.makemigrations()

    (catalog,) = project.manage(MIGRATE)

    assert _without_states(catalog) == _without_states(project.installed_afresh())
    assert [row[2] for row in catalog["triggers"].values()] == ["D"]


def test_a_dropped_column_needs_no_cascade(project: ScenarioProject) -> None:
    """Django before 6.0 says CASCADE, which takes the trigger along; later versions fail."""
    on_status = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'
    project.write_models("shop", order(trigger(condition=on_status)))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    project.manage(MIGRATE)
    project.write_models("shop", order(trigger(), fields="pass"))
    drop = "migrations.RunSQL('ALTER TABLE shop_order DROP COLUMN status')"
    project.write_migration(
        "shop",
        """
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RemoveField("order", "status")],
            state_operations=[migrations.RemoveField("order", "status")],
        ),
        """,
    )
    assert project.makemigrations("--weave").exit_code == 0
    path = project.root / "shop" / "migrations" / "0003_schema.py"
    # As Django 6.0 and later run it.
    path.write_text(
        path.read_text().replace('[migrations.RemoveField("order", "status")]', f"[{drop}]", 1)
    )

    (catalog,) = project.manage(MIGRATE)

    assert len(catalog["triggers"]) == len(catalog["functions"]) == 1


def test_what_django_pgtrigger_created_is_changed_by_nobody_else(
    project: ScenarioProject,
) -> None:
    _write_with_django_pgtrigger(project)
    project.write_models("shop", order(trigger(func="RETURN OLD;")))

    refused = project.makemigrations()

    assert refused.exit_code == 2
    assert "convert them first: pgtrigger-codegen convert shop" in refused.stderr
    assert project.migrations("shop") == ["0001_initial", "0002_order_guard"]


def test_a_trigger_that_reversing_brings_back_twice(project: ScenarioProject) -> None:
    """Once by Django's state, which has it from AddTrigger, and once by our reverse SQL."""
    _write_with_django_pgtrigger(project)
    (shown,) = json.loads(run_cli(project.root, "show", "--output-format", "json").stdout)[
        "triggers"
    ]
    project.write_models("shop", "")
    project.write_migration(
        "shop",
        f"""
        migrations.RunSQL({shown["uninstall_sql"]!r}, {shown["install_sql"]!r}),
        migrations.DeleteModel("Order"),
        """,
    )
    back = ["migrate", "shop", "0002", "--verbosity=0"]

    (before, gone, restored, again) = project.manage(back, MIGRATE, back, MIGRATE)

    assert list(before["functions"]) == [shown["pgid"]]
    assert restored == before
    assert gone == again == {"triggers": {}, "functions": {}}


def test_a_function_that_a_committed_migration_left_behind(project: ScenarioProject) -> None:
    project.write_models("shop", order(trigger()))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    project.write_models("shop", "")
    project.write_migration("shop", 'migrations.DeleteModel("Order"),')
    (left,) = project.manage(MIGRATE)
    assert project.makemigrations("--after").exit_code == 0

    (gone, back, _, zero, again) = project.manage(
        MIGRATE,
        ["migrate", "shop", "0003", "--verbosity=0"],
        ["migrate", "shop", "0002", "--verbosity=0"],
        ["migrate", "shop", "zero", "--verbosity=0"],
        MIGRATE,
    )

    assert len(left["functions"]) == 1
    assert back == left
    assert gone == zero == again == {"triggers": {}, "functions": {}}


def test_a_connection_that_ran_the_function_before_the_type_changed(
    project: ScenarioProject,
) -> None:
    """PL/pgSQL keeps the types that it found until the function is written anew."""
    declared = trigger(func="NEW.total = NEW.total + 1; RETURN NEW;")
    project.write_models("shop", order(declared))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    project.manage(MIGRATE)
    wider = "total = models.BigIntegerField(null=True)"
    project.write_models("shop", order(declared, fields=FIELDS.replace(TOTAL, wider)))
    field = "models.BigIntegerField(null=True)"
    name = project.write_migration("shop", f'migrations.AlterField("order", "total", {field}),')
    update = "UPDATE shop_order SET total = 5000000000"

    with psycopg.connect(project.dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO shop_order (status, note, total) VALUES ('', '', 1)")
        connection.execute("UPDATE shop_order SET note = 'x'")
        project.manage(MIGRATE)
        with pytest.raises(psycopg.errors.DatatypeMismatch):
            connection.execute(update)
        # The same, by the book.
        project.manage(["migrate", "shop", "0002", "--verbosity=0"])
        assert project.makemigrations("--weave").exit_code == 0
        project.manage(MIGRATE)
        connection.execute(update)
        (total,) = connection.execute("SELECT total FROM shop_order").fetchone() or (None,)

    assert name == "0003_schema"
    assert total == 5000000001


def _write_with_django_pgtrigger(project: ScenarioProject) -> None:
    """A model whose trigger is in the migrations as an AddTrigger."""
    project.write_models("shop", order(trigger()))
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    (project.root / "patched_settings.py").write_text(
        "from settings import *\n\nPGTRIGGER_MIGRATIONS = True\n"
    )
    project.manage(["makemigrations", "shop", "--name", "order_guard"], settings="patched_settings")


_STATES = {"DISABLE": "D", "ENABLE REPLICA": "R", "ENABLE ALWAYS": "A"}


def _set_states(project: ScenarioProject, state: str) -> None:
    with psycopg.connect(project.dsn, autocommit=True) as connection:
        names = connection.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        for (name,) in names.fetchall():
            connection.execute(f"ALTER TABLE shop_order {state} TRIGGER {name}".encode())


def _without_states(catalog: Catalog) -> Catalog:
    triggers = {key: [*row[:2], *row[3:]] for key, row in catalog["triggers"].items()}
    return {**catalog, "triggers": triggers}
