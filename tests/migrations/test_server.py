"""Written migrations on a real server: there, back, and there again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from pgtrigger_codegen.migrations.changes.open_changes import Way
from pgtrigger_codegen.migrations.planning.plan import Options, PlanningSource
from pgtrigger_codegen.migrations.planning.planner import make_plan
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.sql.render import install_sql
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import (
    ORDER_MIGRATION,
    make_app,
    make_source,
    moved,
    order_model,
    run_migration_file,
    trigger,
)

Connection = psycopg.Connection[tuple[Any, ...]]

CATALOG = """
SELECT pg_get_triggerdef(t.oid), regexp_replace(p.prosrc, '\\s+', ' ', 'g'),
       obj_description(t.oid, 'pg_trigger'), t.tgenabled
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal ORDER BY 1
"""
FUNCTIONS = "SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger%' ORDER BY 1"

PROTECT = trigger()
AUDIT = trigger("shop.Order:audit", func="\n  NEW.status = 'it''s\n  \\ 100%';\n  RETURN NEW;\n")
CONSTRAINT = {
    "constraint": "CONSTRAINT",
    "when": "AFTER",
    "timing": "DEFERRABLE INITIALLY DEFERRED",
}


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE shop_order (id bigint, status text, total integer)")
        yield connection


def _source(root: Path) -> PlanningSource:
    app = make_app(root, "shop", {"0001_initial.py": ORDER_MIGRATION})
    return make_source(root, [app], models=[order_model()])


def _write(source: PlanningSource, *triggers: CompiledTrigger, way: Way = "auto") -> str:
    options = Options(schema_changes=way)
    (app,) = make_plan(replace(source, triggers=triggers), run_migration_file, options).apps
    assert app.error is None
    assert app.file is not None
    app.file.path.write_text(app.file.content)
    return app.file.path.stem


def _run(
    connection: Connection, source: PlanningSource, name: str, *, backwards: bool = False
) -> None:
    """What Django's RunSQL does with a string."""
    reader = MigrationReader(source.project.apps, run_migration_file)
    migration = reader.read(("shop", name))
    operations: list[Any] = list(migration.operations)  # type: ignore[union-attr, arg-type]
    for operation in reversed(operations) if backwards else operations:
        sql = operation.reverse_sql if backwards else operation.sql
        if sql:
            connection.execute(sql.encode())


def _catalog(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(CATALOG).fetchall()


def _functions(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute(FUNCTIONS)]


@pytest.mark.parametrize(
    "change",
    [
        {"func": "RETURN OLD;"},
        {"operation": "DELETE", "func": "RETURN OLD;"},
        {"condition": 'WHEN (OLD."total" > 3)'},
        CONSTRAINT,
        {"level": "STATEMENT", "when": "AFTER", "referencing": "REFERENCING OLD TABLE AS o"},
    ],
)
def test_every_step_is_what_installing_afresh_gives_and_can_be_undone(
    connection: Connection, tmp_path: Path, change: dict[str, str]
) -> None:
    source = _source(tmp_path)
    stages = [(PROTECT, AUDIT), (moved(PROTECT, **change), AUDIT), (AUDIT,), (PROTECT, AUDIT), ()]
    catalogs = [_catalog(connection)]
    names = []
    for triggers in stages:
        names.append(_write(source, *triggers))
        _run(connection, source, names[-1])
        catalogs.append(_catalog(connection))
        with connection.transaction(force_rollback=True):
            for compiled in triggers:
                connection.execute(install_sql(compiled.parts, compiled.hash).encode())
            assert _catalog(connection) == catalogs[-1]
        assert _functions(connection) == sorted(compiled.pgid for compiled in triggers)

    for name, before in zip(reversed(names), reversed(catalogs[:-1]), strict=True):
        _run(connection, source, name, backwards=True)
        assert _catalog(connection) == before
    assert _functions(connection) == []

    for name in names:
        _run(connection, source, name)
    assert _catalog(connection) == catalogs[-1]


@pytest.mark.parametrize("change", [{"func": "RETURN OLD;"}, {"operation": "DELETE"}, CONSTRAINT])
@pytest.mark.parametrize("state", ["DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"])
def test_disabled_triggers_stay_disabled(
    connection: Connection, tmp_path: Path, change: dict[str, str], state: str
) -> None:
    source = _source(tmp_path)
    _run(connection, source, _write(source, PROTECT))
    connection.execute(f"ALTER TABLE shop_order {state} TRIGGER {PROTECT.pgid}".encode())
    before = _catalog(connection)
    name = _write(source, moved(PROTECT, **change))

    _run(connection, source, name)

    assert [row[-1] for row in _catalog(connection)] == [before[0][-1]]
    _run(connection, source, name, backwards=True)
    assert _catalog(connection) == before


def test_running_a_migration_twice_does_no_harm(connection: Connection, tmp_path: Path) -> None:
    source = _source(tmp_path)
    for triggers in ((PROTECT,), (moved(PROTECT, operation="DELETE"),), ()):
        name = _write(source, *triggers)
        _run(connection, source, name)
        once = _catalog(connection)
        _run(connection, source, name)
        assert _catalog(connection) == once


RENAME_STATUS = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_protect")]
    operations = [migrations.RenameField("order", "status", "state")]
"""


def test_a_change_after_a_renamed_column_can_be_undone(
    connection: Connection, tmp_path: Path
) -> None:
    """The old trigger names a column by then that the table does not have any more."""
    source = _source(tmp_path)
    on_status = moved(
        PROTECT, condition="WHEN (OLD.status = '')", func="NEW.status = 1; RETURN NEW;"
    )
    on_state = moved(PROTECT, condition="WHEN (OLD.state = '')", func="NEW.state = 1; RETURN NEW;")
    _run(connection, source, _write(source, on_status))
    (tmp_path / "shop" / "migrations" / "0003_rename.py").write_text(RENAME_STATUS)
    connection.execute("ALTER TABLE shop_order RENAME COLUMN status TO state")
    before = _catalog(connection)

    name = _write(source, on_state, way="after")
    _run(connection, source, name)
    after = _catalog(connection)
    _run(connection, source, name, backwards=True)

    assert _catalog(connection) == before
    connection.execute(install_sql(on_state.parts, on_state.hash).encode())
    assert _catalog(connection) == after
    assert name == "0004_alter_order_protect"
