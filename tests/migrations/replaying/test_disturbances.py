"""What changes of a table do to the triggers on it, and when that is settled."""

from __future__ import annotations

import pytest
from django.db import migrations, models

from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.sql.render import alter_function, comment, create_trigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import add_trigger, create_model, graph, migration, moved, trigger

PLAIN = trigger()
ON_STATUS = moved(PLAIN, condition="WHEN (OLD.status = 'x')")
OF_STATUS = moved(PLAIN, operation="UPDATE OF status")
STATUS_IN_BODY = moved(PLAIN, func="NEW.status = 'x'; RETURN NEW;")

REMOVE = migrations.RemoveField("order", "status")
RETYPE = migrations.AlterField("order", "status", models.CharField(max_length=5))
SAME_TYPE = migrations.AlterField("order", "status", models.TextField(null=True))
COMMENT = migrations.AlterField("order", "status", models.TextField(db_comment="of the order"))
RENAME = migrations.RenameField("order", "status", "state")
DELETE = migrations.DeleteModel("Order")


def run_sql(sql: str) -> migrations.RunSQL:
    return migrations.RunSQL(sql)


def created(compiled: CompiledTrigger) -> migrations.RunSQL:
    return run_sql(create_trigger(compiled.parts, compiled.hash))


def found(*operations: object) -> list[tuple[int, str, bool]]:
    state = replay(graph({"shop": [migration("0001", create_model(), *operations)]}))
    return [
        (item.index, item.kind, item.harmless)
        for items in state.disturbances.values()
        for item in items
    ]


@pytest.mark.parametrize(
    ("compiled", "operation", "expected"),
    [
        (ON_STATUS, REMOVE, [(2, "drop-column", False)]),
        (OF_STATUS, REMOVE, [(2, "drop-column", False)]),
        (STATUS_IN_BODY, REMOVE, [(2, "drop-column", False)]),
        (PLAIN, REMOVE, []),
        (ON_STATUS, RETYPE, [(2, "retype-column", False)]),
        (OF_STATUS, RETYPE, [(2, "retype-column", False)]),
        (STATUS_IN_BODY, RETYPE, [(2, "retype-column", False)]),
        (PLAIN, RETYPE, []),
        (ON_STATUS, SAME_TYPE, []),
        (ON_STATUS, COMMENT, [(2, "retype-column", False)]),
        (STATUS_IN_BODY, COMMENT, []),
        (ON_STATUS, RENAME, [(2, "rename-column", True)]),
        (STATUS_IN_BODY, RENAME, [(2, "rename-column", False)]),
        (PLAIN, RENAME, []),
        (PLAIN, DELETE, [(2, "drop-table", False)]),
    ],
)
def test_what_disturbs_whom(
    compiled: CompiledTrigger, operation: object, expected: list[tuple[int, str, bool]]
) -> None:
    assert found(created(compiled), operation) == expected


def test_only_what_the_database_does_counts() -> None:
    in_state = migrations.SeparateDatabaseAndState(state_operations=[REMOVE])
    in_database = migrations.SeparateDatabaseAndState(database_operations=[REMOVE])

    assert found(created(ON_STATUS), in_state) == []
    assert found(created(ON_STATUS), in_database) == [(2, "drop-column", False)]


def test_what_django_pgtrigger_holds_is_its_own_to_restore() -> None:
    assert found(add_trigger(ON_STATUS), RETYPE) == []


@pytest.mark.parametrize(
    "repair",
    [
        create_trigger(PLAIN.parts, PLAIN.hash),
        alter_function(PLAIN.parts, PLAIN.hash),
        comment(PLAIN.parts, PLAIN.hash),
        f"DROP TRIGGER {PLAIN.pgid} ON shop_order",
    ],
)
def test_a_trigger_written_since_is_settled(repair: str) -> None:
    assert found(created(STATUS_IN_BODY), RENAME, run_sql(repair)) == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE shop_order RENAME COLUMN status TO state", "rename-column"),
        ('ALTER TABLE public."shop_order" RENAME status TO state', "rename-column"),
        ("ALTER TABLE shop_order DROP COLUMN status CASCADE", "drop-column"),
        ("alter table shop_order alter column status type varchar(5)", "retype-column"),
        ("DROP TABLE shop_order", "drop-table"),
    ],
)
def test_tables_that_are_changed_by_hand(sql: str, expected: str) -> None:
    assert [kind for _, kind, _ in found(created(STATUS_IN_BODY), run_sql(sql))] == [expected]
    assert found(created(STATUS_IN_BODY), run_sql(sql.replace("shop_order", "shop_other"))) == []
    assert found(created(PLAIN), run_sql("ALTER TABLE shop_order ADD other integer")) == []


def test_a_primary_keys_type_reaches_the_foreign_keys_that_point_at_it() -> None:
    def key(**options: object) -> models.Field[int, int]:
        return models.AutoField(primary_key=True, **options)

    customer = create_model("Customer", fields=[("id", key())])
    order = create_model(
        fields=[("id", key()), ("customer", models.ForeignKey("shop.Customer", models.CASCADE))]
    )
    on_customer = moved(PLAIN, condition="WHEN (OLD.customer_id > 3)")

    def disturbed(field: models.Field[int, int]) -> list[str]:
        alter = migrations.AlterField("customer", "id", field)
        listed = migration("0001", customer, order, created(on_customer), alter)
        state = replay(graph({"shop": [listed]}))
        return [item.what for items in state.disturbances.values() for item in items]

    assert disturbed(models.BigAutoField(primary_key=True)) == [
        "changes the type of column 'customer_id' of table shop_order"
    ]
    assert disturbed(key(verbose_name="number")) == []


def test_a_renamed_table_is_in_the_way_of_other_apps_only() -> None:
    rename = migrations.RenameModel("Order", "Sale")
    theirs = migration("0001", created(PLAIN), dependencies=[("shop", "0001")])
    after = migration("0002", rename, dependencies=[("audit", "0001")])
    shop = [migration("0001", create_model()), after]
    state = replay(graph({"shop": shop, "audit": [theirs]}))

    ((key, (item,)),) = state.disturbances.items()
    assert str(key[0]) == str(item.new_table) == "shop_sale"
    assert str(item.trigger.definition.table) == "shop_order"
    assert (item.kind, item.harmless) == ("rename-table", True)
    assert found(created(PLAIN), rename) == []


def test_disturbances_move_with_their_table() -> None:
    state = replay(
        graph(
            {
                "shop": [
                    migration(
                        "0001",
                        create_model(),
                        created(STATUS_IN_BODY),
                        RENAME,
                        migrations.AlterModelTable("order", "sales"),
                    )
                ]
            }
        )
    )

    assert [key[0].name for key in state.disturbances] == ["sales"]
