"""What a history leaves installed."""

from __future__ import annotations

import re

import pytest
from django.db import migrations
from msgspec.structs import replace
from pgtrigger.migrations import RemoveTrigger

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import MigrationState
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.render import (
    alter_function,
    create_trigger,
    drop_trigger,
    ignore_function,
    lift_trigger,
    lower_trigger,
    replace_trigger,
)
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import (
    add_trigger,
    create_model,
    graph,
    migration,
    moved,
    pgtrigger_trigger,
    trigger,
)

PROTECT = trigger()
OTHER_BODY = moved(PROTECT, func="RETURN OLD;")
OTHER_EVENT = moved(PROTECT, operation="DELETE")


def history(*operations: object) -> MigrationState:
    """One migration an operation, after one that makes the model."""
    listed: list[EvaluatedMigration] = []
    for number, operation in enumerate((create_model(), *operations), 1):
        before = [("shop", listed[-1].name)] if listed else []
        listed.append(migration(f"{number:04d}", operation, dependencies=before))
    return replay(graph({"shop": listed}))


def created(compiled: CompiledTrigger) -> migrations.RunSQL:
    return migrations.RunSQL(
        create_trigger(compiled.parts, compiled.hash),
        hints={"model_name": compiled.model.lower(), "trigger": compiled.uri},
    )


def summary(state: MigrationState) -> list[tuple[str, str, str, str]]:
    """Name, table, migration and kind of each trigger."""
    return [
        (item.name, str(item.definition.table), item.made_by[1], item.by)
        for item in state.triggers.values()
    ]


def test_our_own_sql() -> None:
    state = history(created(PROTECT))

    (found,) = state.triggers.values()
    assert summary(state) == [("shop.Order:protect", "shop_order", "0002", "runsql")]
    assert found.is_pgtrigger
    assert found.definition.hash == PROTECT.hash
    assert found.model_name == "order"
    recovered = found.parts()
    assert recovered is not None
    assert create_trigger(recovered, "") == create_trigger(PROTECT.parts, "")


def test_add_trigger_keeps_its_parts() -> None:
    state = history(add_trigger(PROTECT))

    (found,) = state.triggers.values()
    assert summary(state) == [("shop.Order:protect", "shop_order", "0002", "addtrigger")]
    assert found.parts() == PROTECT.parts
    assert found.definition.hash == PROTECT.hash


def test_triggers_that_squashing_moved_into_the_model() -> None:
    state = replay(
        graph({"shop": [migration("1", create_model(triggers=[pgtrigger_trigger(PROTECT)]))]})
    )

    assert summary(state) == [("shop.Order:protect", "shop_order", "1", "addtrigger")]


@pytest.mark.parametrize(
    "operations",
    [
        [created(PROTECT), migrations.RunSQL(drop_trigger(PROTECT.parts))],
        [add_trigger(PROTECT), RemoveTrigger("Order", "protect")],
        [created(PROTECT), migrations.DeleteModel("Order")],
        [add_trigger(PROTECT), migrations.DeleteModel("Order")],
        [created(PROTECT), migrations.RunSQL('DROP TABLE "shop_order"')],
        [created(PROTECT), migrations.RunSQL(["SELECT 1", (drop_trigger(PROTECT.parts), None)])],
    ],
)
def test_triggers_that_are_gone(operations: list[object]) -> None:
    assert summary(history(*operations)) == []


def test_the_last_form_counts() -> None:
    state = history(
        created(PROTECT),
        migrations.RunSQL(alter_function(OTHER_BODY.parts, OTHER_BODY.hash)),
        migrations.RunSQL(replace_trigger(OTHER_BODY.parts, OTHER_EVENT.parts, "f" * 40)),
    )

    (found,) = state.triggers.values()
    expected = history(created(replace(OTHER_EVENT, hash="f" * 40)))
    assert found.definition == next(iter(expected.triggers.values())).definition
    assert summary(state) == [("shop.Order:protect", "shop_order", "0004", "runsql")]


def test_a_new_body_for_what_add_trigger_made() -> None:
    state = history(
        add_trigger(PROTECT), migrations.RunSQL(alter_function(OTHER_BODY.parts, OTHER_BODY.hash))
    )

    (found,) = state.triggers.values()
    recovered = found.parts()
    assert found.by == "addtrigger"
    assert recovered is not None
    assert recovered.func == "RETURN OLD;"


@pytest.mark.parametrize("make", [created, add_trigger])
@pytest.mark.parametrize(
    ("change", "table"),
    [
        (migrations.RenameModel("Order", "Sale"), "shop_sale"),
        (migrations.AlterModelTable("Order", "orders"), "orders"),
        (migrations.AlterModelTable("Order", 'erc"."orders'), "erc.orders"),
        (migrations.RunSQL("ALTER TABLE shop_order RENAME TO orders"), "orders"),
    ],
)
def test_triggers_go_with_their_table(make: object, change: object, table: str) -> None:
    assert callable(make)
    state = history(make(PROTECT), change)

    (found,) = state.triggers.values()
    parts = found.parts()
    assert str(found.definition.table) == table
    assert parts is not None
    assert parts.table == table.replace(".", '"."')


ON_STATUS = moved(
    PROTECT, condition='WHEN (OLD."status" = NEW.status)', func="NEW.status = 1; RETURN NEW;"
)
ON_STATE = moved(ON_STATUS, condition='WHEN (OLD."state" = NEW."state")')


@pytest.mark.parametrize("make", [created, add_trigger])
@pytest.mark.parametrize(
    "before",
    [[], [migrations.AlterModelTable("order", "o"), migrations.AlterModelTable("order", None)]],
)
def test_a_renamed_column_is_followed_by_when_but_not_by_the_body(
    make: object, before: list[object]
) -> None:
    assert callable(make)
    state = history(make(ON_STATUS), *before, migrations.RenameField("order", "status", "state"))

    (found,) = state.triggers.values()
    (expected,) = history(created(replace(ON_STATE, hash=ON_STATUS.hash))).triggers.values()
    parts = found.parts()
    assert found.definition == expected.definition
    assert parts is not None
    assert parts.func.split() == ["NEW.status", "=", "1;", "RETURN", "NEW;"]


def test_a_renamed_column_of_a_renamed_table() -> None:
    state = history(
        created(ON_STATUS),
        migrations.RenameModel("Order", "Sale"),
        migrations.RenameField("sale", "status", "state"),
    )

    assert [str(table) for table, _ in state.triggers] == ["shop_sale"]


def test_a_dropped_column_takes_the_trigger_along() -> None:
    gone = migrations.RemoveField("order", "status")

    assert summary(history(created(ON_STATUS), gone)) == []
    assert summary(history(created(PROTECT), gone)) != []
    # Django's state keeps it, and so does django-pgtrigger.
    assert summary(history(add_trigger(ON_STATUS), gone)) != []


def test_remove_trigger_follows_the_renamed_model_and_misses_the_renamed_table() -> None:
    rename = migrations.RenameModel("Order", "Sale")
    keep_table = migrations.AlterModelTable("order", "shop_order")
    remove = RemoveTrigger("sale", "protect")

    assert summary(history(add_trigger(PROTECT), keep_table, rename, remove)) == []
    assert summary(history(add_trigger(PROTECT), rename, RemoveTrigger("sale", "other"))) != []
    # It drops the trigger if there is one on the table that it was made on, which there is not.
    assert summary(history(add_trigger(PROTECT), rename, remove)) == [
        ("shop.Order:protect", "shop_sale", "0002", "runsql")
    ]


def test_only_what_runs_in_the_database_touches_triggers() -> None:
    separate = migrations.SeparateDatabaseAndState
    rename, delete = migrations.RenameModel("Order", "Sale"), migrations.DeleteModel("Order")

    in_state = history(created(PROTECT), separate(state_operations=[delete]))
    in_database = history(created(PROTECT), separate(database_operations=[rename]))
    both = history(created(PROTECT), separate([rename], [rename]))

    assert [table for _, table, *_ in summary(in_state)] == ["shop_order"]
    assert [table for _, table, *_ in summary(in_database)] == ["shop_sale"]
    assert [table for _, table, *_ in summary(both)] == ["shop_sale"]
    assert [str(name) for name in in_state.tables] == []
    assert [str(name) for name in in_database.tables] == ["shop_order"]


def test_each_database_operation_finds_what_the_one_before_has_left() -> None:
    rename = migrations.AlterModelTable("order", "orders")
    operations = [rename, migrations.RenameField("order", "status", "state")]

    state = history(created(ON_STATUS), migrations.SeparateDatabaseAndState(operations))

    (found,) = state.triggers.values()
    assert str(found.definition.table) == "orders"
    assert 'OLD."state"' in found.trigger_sql
    assert [str(name) for name in state.tables] == ["shop_order"]
    assert "status" in next(iter(state.tables.values())).columns


def test_columns_that_sql_changes() -> None:
    def rename(column: str) -> migrations.RunSQL:
        return migrations.RunSQL(f"ALTER TABLE shop_order RENAME {column} TO state")

    (found,) = history(created(ON_STATUS), rename("status")).triggers.values()
    drop = migrations.RunSQL("ALTER TABLE shop_order DROP status, DROP total CASCADE")

    assert 'OLD."state"' in found.trigger_sql
    assert found.followed
    assert summary(history(created(ON_STATUS), drop)) == []
    assert summary(history(created(PROTECT), drop)) != []


def test_a_table_that_gets_another_schema() -> None:
    sql = "ALTER TABLE shop_order SET SCHEMA {}"
    away = history(created(PROTECT), migrations.RunSQL(sql.format("erc")))
    stays = history(created(PROTECT), migrations.RunSQL(sql.format("public")))

    assert [table for _, table, *_ in summary(away)] == ["erc.shop_order"]
    assert [table for _, table, *_ in summary(stays)] == ["shop_order"]


def test_a_function_that_is_dropped_takes_its_trigger_along() -> None:
    drop = f"DROP FUNCTION IF EXISTS {PROTECT.pgid}() CASCADE"

    assert summary(history(created(PROTECT), migrations.RunSQL(drop))) == []
    other = migrations.RunSQL(drop.replace("()", "(text)"))
    assert summary(history(created(PROTECT), other)) != []


@pytest.mark.parametrize(
    ("operations", "orphans"),
    [
        ([migrations.DeleteModel("Order")], 1),
        ([migrations.RemoveField("order", "status")], 1),
        ([migrations.RunSQL("DROP TABLE shop_order")], 1),
        ([migrations.RunSQL(drop_trigger(PROTECT.parts))], 0),
        ([migrations.RemoveField("order", "total")], 0),
    ],
)
def test_functions_that_are_left_of_triggers(operations: list[object], orphans: int) -> None:
    state = history(created(ON_STATUS), *operations)
    dropped = f"DROP FUNCTION {PROTECT.pgid}()"
    again = history(created(ON_STATUS), *operations, migrations.RunSQL(dropped))
    anew = history(created(ON_STATUS), *operations, created(ON_STATUS))

    assert len(state.orphans) == orphans
    assert again.orphans == anew.orphans == {}


def test_whose_trigger_it_is() -> None:
    drop, create = migrations.RunSQL(drop_trigger(PROTECT.parts)), created(PROTECT)

    def owner(*operations: object) -> str:
        other = migration("1", *operations, dependencies=[("shop", "1")])
        state = replay(graph({"shop": [migration("1", create_model(), create)], "z": [other]}))
        (found,) = state.triggers.values()
        assert found.touched_by == ("z", "1") if operations else ("shop", "1")
        return found.owner

    assert owner() == "shop"
    # Around a change of the table, which some other app has made.
    assert owner(drop, create) == "shop"
    # Declared in another app by now.
    assert owner(create) == "z"


def test_remove_trigger_in_the_state_alone_hands_the_trigger_over() -> None:
    handed_over = migrations.SeparateDatabaseAndState(
        state_operations=[RemoveTrigger("order", "protect")]
    )

    state = history(add_trigger(PROTECT), handed_over)

    assert summary(state) == [("shop.Order:protect", "shop_order", "0002", "runsql")]


def test_state_operations_of_run_sql_count() -> None:
    run_sql = migrations.RunSQL(
        "SELECT 1", state_operations=[migrations.AlterModelTable("order", "orders")]
    )

    assert [str(name) for name in history(run_sql).tables] == ["orders"]


def test_the_public_schema_is_where_unqualified_names_are() -> None:
    sql = create_trigger(PROTECT.parts, PROTECT.hash)
    qualified = re.sub('"shop_order"', 'public."shop_order"', sql)
    qualified = qualified.replace("FUNCTION pgtrigger", "FUNCTION public.pgtrigger")

    state = history(migrations.RunSQL(qualified))

    (found,) = state.triggers.values()
    assert found.definition.table == QualifiedName(None, "shop_order")
    assert found.definition.function is not None


def test_sql_with_parameters() -> None:
    sql = f"COMMENT ON TRIGGER {PROTECT.pgid} ON shop_order IS %s"

    state = history(created(PROTECT), migrations.RunSQL([(sql, ["it's 100%"])]))

    assert [item.definition.hash for item in state.triggers.values()] == ["it's 100%"]


def test_parameters_of_every_kind() -> None:
    sql = f"COMMENT ON TRIGGER {PROTECT.pgid} ON shop_order IS %s; SELECT %s, %s"

    state = history(created(PROTECT), migrations.RunSQL([(sql, [None, 1, True])]))

    assert [item.definition.hash for item in state.triggers.values()] == [None]


@pytest.mark.parametrize("make", [created, add_trigger])
def test_a_renamed_trigger(make: object) -> None:
    assert callable(make)
    rename = f"ALTER TRIGGER {PROTECT.pgid} ON shop_order RENAME TO other"

    (found,) = history(make(PROTECT), migrations.RunSQL(rename)).triggers.values()

    assert found.definition.pgid == "other"
    assert found.uri == PROTECT.uri


def test_a_trigger_made_anew_keeps_its_uri_and_its_place_in_djangos_state() -> None:
    anew = migrations.RunSQL(create_trigger(PROTECT.parts, PROTECT.hash))

    assert summary(history(created(PROTECT), anew)) == [
        (PROTECT.uri, "shop_order", "0003", "runsql")
    ]
    assert summary(history(add_trigger(PROTECT), anew)) == [
        (PROTECT.uri, "shop_order", "0003", "addtrigger")
    ]


def test_an_add_trigger_that_is_not_compiled_is_noted() -> None:
    operation = add_trigger(PROTECT)
    operation.trigger = Unknown("computed")  # type: ignore[assignment]

    assert [item.unknown.reason for item in history(operation).unreadable] == ["computed"]


def test_functions_that_triggers_share_are_known_by_app() -> None:
    name = '"public"._pgtrigger_should_ignore'
    expected = {"shop": {QualifiedName(None, "_pgtrigger_should_ignore")}}

    assert history(migrations.RunSQL(ignore_function(name))).functions == expected
    assert history(add_trigger(PROTECT)).functions == expected
    assert history(created(PROTECT)).functions == {}


def test_parameters_by_name() -> None:
    sql = f"COMMENT ON TRIGGER {PROTECT.pgid} ON shop_order IS %(hash)s"

    state = history(created(PROTECT), migrations.RunSQL([(sql, {"hash": "it's"})]))

    assert [item.definition.hash for item in state.triggers.values()] == ["it's"]


@pytest.mark.parametrize(
    ("sql", "enabled"),
    [
        ("DISABLE TRIGGER {pgid}", "DISABLED"),
        ("DISABLE TRIGGER ALL", "DISABLED"),
        ("ENABLE REPLICA TRIGGER {pgid}", "REPLICA"),
        ("ENABLE ALWAYS TRIGGER {pgid}", "ALWAYS"),
        ("DISABLE TRIGGER other", "ENABLED"),
        ("DISABLE TRIGGER USER, ENABLE TRIGGER {pgid}", "ENABLED"),
    ],
)
def test_whether_triggers_are_enabled(sql: str, enabled: str) -> None:
    alter = migrations.RunSQL(f"ALTER TABLE shop_order {sql.format(pgid=PROTECT.pgid)}")
    kept = replace_trigger(PROTECT.parts, OTHER_EVENT.parts, OTHER_EVENT.hash)
    lifted = lift_trigger(PROTECT.parts, OTHER_EVENT.parts)
    lowered = lower_trigger(OTHER_EVENT.parts, OTHER_EVENT.hash, PROTECT.parts)

    def states(*scripts: str) -> list[str]:
        state = history(created(PROTECT), alter, *(migrations.RunSQL(text) for text in scripts))
        return [trigger.enabled for trigger in state.triggers.values()]

    assert states() == [enabled]
    # Our own scripts look first, and leave the trigger as enabled as it was.
    assert states(kept) == states(lifted, lowered) == [enabled]
    assert states("ALTER TABLE shop_order RENAME TO orders") == [enabled]
    assert states(f"ALTER TRIGGER {PROTECT.pgid} ON shop_order RENAME TO x") == [enabled]
    assert states(create_trigger(PROTECT.parts, PROTECT.hash)) == ["ENABLED"]


def test_a_block_that_may_make_triggers_is_noted() -> None:
    statement = create_trigger(PROTECT.parts, PROTECT.hash).partition("$$;")[2].partition(";")[0]
    block = migrations.RunSQL(f"DO $x$ BEGIN IF true THEN {statement}; END IF; END $x$")

    assert "a DO block" in history(block).unreadable[0].unknown.reason
    assert history(created(PROTECT)).unreadable == ()


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (Unknown("computed"), "computed"),
        ("no operation", "str where an operation is expected"),
        (migrations.RunSQL("CREATE TRIGGER nonsense"), "SQL that does not parse"),
        (migrations.RunSQL([("DROP TABLE %s", [])]), "do not fit together"),
        (migrations.RunSQL([("DROP TABLE %(a)s", {})]), "do not fit together"),
        (migrations.RunSQL([("DROP TABLE %s", [object()])]), "object as a parameter of SQL"),
        (migrations.RunSQL(3), "int where SQL is expected"),  # type: ignore[arg-type]
        (migrations.RunSQL([Unknown("a file")]), "a file"),  # type: ignore[list-item]
    ],
)
def test_what_cannot_be_read_is_noted_and_the_rest_is_read(operation: object, reason: str) -> None:
    state = history(operation, created(PROTECT))

    assert [item.migration for item in state.unreadable] == [("shop", "0002")]
    assert reason in state.unreadable[0].unknown.reason
    assert len(state.triggers) == 1
    assert not state.is_readable("shop")
    assert state.is_readable("other")


def test_a_migration_without_readable_operations() -> None:
    unreadable = replace(migration("1"), operations=Unknown("computed"))

    state = replay(graph({"shop": [unreadable]}))

    assert [item.part for item in state.unreadable] == ["operations"]


def test_triggers_of_ones_own_are_not_django_pgtriggers() -> None:
    sql = create_trigger(replace(PROTECT.parts, pgid="audit"), "by hand")

    (found,) = history(migrations.RunSQL(sql.replace(PROTECT.pgid, "audit"))).triggers.values()

    assert not found.is_pgtrigger
    assert found.name == "shop_order:audit"
