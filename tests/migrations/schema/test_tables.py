"""Tables and columns, and who made them, by Django's operations."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from pgtrigger_codegen.evaluator.django.stand_in import stand_in
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.schema.tables import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RetypedColumn,
    TableChange,
    Tables,
)
from pgtrigger_codegen.models.table_names import default_table_name
from pgtrigger_codegen.sql.names import QualifiedName
from tests.migrations.builders import create_model


def foreign_key(to: str = "auth.User", **options: Any) -> models.Field[Any, Any]:
    return models.ForeignKey(to, models.CASCADE, **options)


def many_to_many(to: str = "auth.Group", **options: Any) -> models.Field[Any, Any]:
    return models.ManyToManyField(to, **options)


def with_fields(name: str = "Order", **fields: models.Field[Any, Any]) -> migrations.CreateModel:
    return create_model(name, fields=list(fields.items()))


def shape(*operations: Operation) -> dict[str, dict[str, str]]:
    """Tables, their columns, and by number the operation that each column comes from."""
    tables = Tables()
    for number, operation in enumerate(operations, 1):
        tables.apply(operation, "shop", ("shop", str(number)))
    return {
        str(name): {column: key[1] for column, key in table.columns.items()}
        for name, table in tables.by_name.items()
    }


ORDER = with_fields(status=models.TextField())
TAGGED = with_fields(status=models.TextField(), tags=many_to_many("shop.Tag"))


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([ORDER], {"shop_order": {"status": "1"}}),
        ([create_model(db_table="orders", fields=[])], {"orders": {}}),
        ([create_model(db_table='erc"."orders', fields=[])], {"erc.orders": {}}),
        ([create_model(proxy=True, bases=("auth.user",), fields=[])], {}),
        (
            [
                TAGGED,
                create_model("OrderTag", db_table="shop_order_tags", fields=[("a", foreign_key())]),
                migrations.AlterField(
                    "order", "tags", many_to_many("shop.Tag", through="shop.OrderTag")
                ),
            ],
            {"shop_order": {"status": "1"}, "shop_order_tags": {"a_id": "2"}},
        ),
        (
            [
                with_fields(
                    a=foreign_key(),
                    b=foreign_key(db_column="bb"),
                    c=models.OneToOneField("self", models.CASCADE),
                )
            ],
            {"shop_order": {"a_id": "1", "bb": "1", "c_id": "1"}},
        ),
        (
            [TAGGED],
            {
                "shop_order": {"status": "1"},
                "shop_order_tags": {"id": "1", "order_id": "1", "tag_id": "1"},
            },
        ),
        (
            [with_fields(like=many_to_many("self"))],
            {
                "shop_order": {},
                "shop_order_like": {"id": "1", "from_order_id": "1", "to_order_id": "1"},
            },
        ),
        (
            [with_fields(like=many_to_many("shop.order"))],
            {
                "shop_order": {},
                "shop_order_like": {"id": "1", "from_order_id": "1", "to_order_id": "1"},
            },
        ),
        ([with_fields(tags=many_to_many(through="shop.OrderTag"))], {"shop_order": {}}),
        (
            [with_fields(tags=many_to_many(db_table="ot"))],
            {"shop_order": {}, "ot": {"id": "1", "order_id": "1", "group_id": "1"}},
        ),
        (
            [ORDER, migrations.AddField("order", "total", models.IntegerField())],
            {"shop_order": {"status": "1", "total": "2"}},
        ),
        (
            [ORDER, migrations.AddField("order", "tags", many_to_many())],
            {
                "shop_order": {"status": "1"},
                "shop_order_tags": {"id": "2", "order_id": "2", "group_id": "2"},
            },
        ),
        ([TAGGED, migrations.RemoveField("order", "tags")], {"shop_order": {"status": "1"}}),
        ([ORDER, migrations.RemoveField("order", "status")], {"shop_order": {}}),
        (
            [ORDER, migrations.AlterField("order", "status", models.CharField(db_column="st"))],
            {"shop_order": {"st": "2"}},
        ),
        (
            [ORDER, migrations.RenameField("order", "status", "state")],
            {"shop_order": {"state": "2"}},
        ),
        (
            [TAGGED, migrations.RenameField("order", "tags", "labels")],
            {
                "shop_order": {"status": "1"},
                "shop_order_labels": {"id": "1", "order_id": "1", "tag_id": "1"},
            },
        ),
        (
            [TAGGED, migrations.RenameModel("Order", "Purchase")],
            {
                "shop_purchase": {"status": "1"},
                "shop_purchase_tags": {"id": "1", "purchase_id": "2", "tag_id": "1"},
            },
        ),
        (
            [
                create_model(db_table="orders", fields=[]),
                migrations.RenameModel("Order", "Purchase"),
            ],
            {"orders": {}},
        ),
        (
            [TAGGED, migrations.AlterModelTable("order", "orders")],
            {
                "orders": {"status": "1"},
                "orders_tags": {"id": "1", "order_id": "1", "tag_id": "1"},
            },
        ),
        (
            [
                ORDER,
                migrations.AlterModelTable("order", "o"),
                migrations.AlterModelTable("order", None),
            ],
            {"shop_order": {"status": "1"}},
        ),
        ([TAGGED, migrations.DeleteModel("Order")], {}),
        (
            [
                ORDER,
                create_model("Taken", db_table="shop_order", fields=[]),
                migrations.DeleteModel("Order"),
            ],
            {"shop_order": {}},
        ),
        (
            # It may be a foreign key, and it may not.
            [with_fields(owner=stand_in(Unknown("not installed")))],
            {"shop_order": {"owner": "1", "owner_id": "1"}},
        ),
        (
            [with_fields(both=models.ForeignObject("auth.User", models.CASCADE, ["a"], ["b"]))],
            {"shop_order": {}},
        ),
        ([migrations.AddField("unknown", "x", models.TextField())], {}),
    ],
)
def test_tables_and_columns(
    operations: list[Operation], expected: dict[str, dict[str, str]]
) -> None:
    assert shape(*operations) == expected


def test_who_named_a_table_and_who_touched_it() -> None:
    tables = Tables()
    for number, operation in enumerate(
        (
            ORDER,
            migrations.AlterModelTable("order", "orders"),
            migrations.AddField("order", "x", models.TextField()),
        )
    ):
        tables.apply(operation, "shop", ("shop", str(number)))

    table = tables.by_name[QualifiedName(None, "orders")]
    assert (table.named_by, table.touched_by) == (("shop", "1"), ("shop", "2"))


def test_renamed_target_of_a_many_to_many_field() -> None:
    found = shape(create_model("Tag", fields=[]), TAGGED, migrations.RenameModel("Tag", "Label"))

    assert found["shop_order_tags"] == {"id": "2", "order_id": "2", "label_id": "3"}


def test_names_of_models() -> None:
    tables = Tables()
    tables.apply(create_model("OrderLine"), "shop", ("shop", "1"))

    assert tables.object_name(("shop", "orderline")) == "OrderLine"
    assert tables.object_name(("shop", "gone")) == "gone"


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        (migrations.DeleteModel("Order"), ["- shop_order", "- shop_order_tags"]),
        (
            migrations.RenameModel("Order", "Sale"),
            [
                "shop_order > shop_sale",
                "shop_order_tags > shop_sale_tags",
                "shop_sale_tags.order_id > sale_id",
            ],
        ),
        (migrations.RenameModel("Order", "ORDER"), []),
        (migrations.AlterModelTable("order", "o"), ["shop_order > o", "shop_order_tags > o_tags"]),
        (migrations.RenameField("order", "tags", "t"), ["shop_order_tags > shop_order_t"]),
        (migrations.RenameField("order", "status", "s"), ["shop_order.status > s"]),
        (
            migrations.AlterField("order", "status", models.TextField(db_column="st")),
            ["shop_order.status > st"],
        ),
        (migrations.AlterField("order", "status", models.TextField(null=True)), []),
        (
            migrations.AlterField("order", "status", models.CharField(max_length=9)),
            ["shop_order.status changes type"],
        ),
        (
            migrations.AlterField("order", "status", models.TextField(db_collation="C")),
            ["shop_order.status changes type"],
        ),
        (migrations.AlterField("order", "status", many_to_many()), ["- shop_order.status"]),
        (migrations.AlterField("order", "tags", models.TextField()), ["- shop_order_tags"]),
        (migrations.RemoveField("order", "tags"), ["- shop_order_tags"]),
        (migrations.RemoveField("order", "status"), ["- shop_order.status"]),
        (migrations.DeleteModel("Unknown"), []),
    ],
)
def test_what_happens_to_tables_with_triggers(operation: Operation, changes: list[str]) -> None:
    tables = Tables()
    tables.apply(TAGGED, "shop", ("shop", "1"))

    assert [_text(change) for change in tables.changes(operation, "shop")] == changes


KEY: models.Field[Any, Any] = models.AutoField(primary_key=True)
BIG_KEY: models.Field[Any, Any] = models.BigAutoField(primary_key=True)
CUSTOMER = with_fields("Customer", id=KEY, code=models.CharField(max_length=5, unique=True))
WIDE_CODE: models.Field[Any, Any] = models.CharField(max_length=9, unique=True)


@pytest.mark.parametrize(
    ("others", "operation", "changes"),
    [
        ([], migrations.AlterField("customer", "id", BIG_KEY), ["shop_customer.id changes type"]),
        (
            [
                with_fields("A", id=KEY, to=foreign_key("shop.Customer")),
                with_fields("B", id=foreign_key("Customer", primary_key=True, db_column="cc")),
                with_fields("C", id=KEY, b=models.OneToOneField("shop.b", models.CASCADE)),
                with_fields("D", id=KEY, code=foreign_key("shop.Customer", to_field="code")),
                with_fields("E", id=KEY, many=many_to_many("shop.Customer")),
                with_fields("F", id=KEY, to=foreign_key("shop.A")),
            ],
            migrations.AlterField("customer", "id", BIG_KEY),
            ["customer.id", "a.to_id", "b.cc", "c.b_id", "e_many.customer_id"],
        ),
        (
            [with_fields("A", id=KEY, to=foreign_key("shop.Customer", to_field="code"))],
            migrations.AlterField("customer", "code", WIDE_CODE),
            ["customer.code", "a.to_id"],
        ),
        (
            [with_fields("A", id=KEY, to=foreign_key("shop.Customer", to_field="code"))],
            migrations.AlterField("customer", "code", models.CharField(max_length=9)),
            ["customer.code"],
        ),
        (
            [with_fields("A", id=KEY, to=foreign_key("shop.Customer"))],
            migrations.AlterField("a", "to", foreign_key("shop.Customer", to_field="code")),
            ["a.to_id"],
        ),
        (
            [with_fields("A", id=KEY, to=foreign_key("shop.Customer"))],
            migrations.AlterField("a", "to", models.IntegerField(db_column="to_id")),
            [],
        ),
        (
            # Not known well enough to say.
            [with_fields("A", id=KEY, to=foreign_key("nowhere.Customer"))],
            migrations.AlterField("a", "to", models.BigIntegerField(db_column="to_id")),
            [],
        ),
        (
            # Django alters the type for an identity too.
            [with_fields("A", id=models.IntegerField(primary_key=True))],
            migrations.AlterField("a", "id", KEY),
            ["a.id"],
        ),
        (
            [with_fields("A", like=many_to_many("self"), to=many_to_many("shop.Customer"))],
            migrations.RenameModel("A", "B"),
            [
                "shop_a > shop_b",
                "shop_a_like > shop_b_like",
                "shop_a_to > shop_b_to",
                "shop_b_like.from_a_id > from_b_id",
                "shop_b_like.to_a_id > to_b_id",
                "shop_b_to.a_id > b_id",
            ],
        ),
        (
            [create_model("A", db_table="a", fields=[("to", many_to_many("shop.Customer"))])],
            migrations.RenameModel("Customer", "Client"),
            ["shop_customer > shop_client", "a_to.customer_id > client_id"],
        ),
        (
            [with_fields("A", to=many_to_many("shop.Customer"))],
            migrations.AlterField("a", "to", many_to_many("shop.Other")),
            ["shop_a_to.customer_id > other_id"],
        ),
        (
            [create_model("A", managed=False, fields=[("x", models.TextField())])],
            migrations.RemoveField("a", "x"),
            [],
        ),
        (
            [
                create_model("A", managed=False, fields=[("x", models.TextField())]),
                migrations.AlterModelOptions("a", {}),
            ],
            migrations.RemoveField("a", "x"),
            ["- shop_a.x"],
        ),
        (
            [with_fields("A", to=foreign_key("shop.Customer"))],
            migrations.AlterOrderWithRespectTo("a", None),
            [],
        ),
        (
            [create_model("A", order_with_respect_to="to", fields=[])],
            migrations.AlterOrderWithRespectTo("a", None),
            ["- shop_a._order"],
        ),
    ],
)
def test_what_happens_to_other_tables(
    others: list[Operation], operation: Operation, changes: list[str]
) -> None:
    tables = Tables()
    for listed in (CUSTOMER, *others):
        tables.apply(listed, "shop", ("shop", "1"))

    found = [_text(change) for change in tables.changes(operation, "shop")]

    short = [text.removeprefix("shop_").removesuffix(" changes type") for text in found]
    assert changes in (found, short)


def test_the_column_of_an_order() -> None:
    order = create_model("A", order_with_respect_to="to", fields=[])
    drop, again = (migrations.AlterOrderWithRespectTo("a", to) for to in (None, "to"))

    assert shape(order) == {"shop_a": {"_order": "1"}}
    assert shape(order, drop) == {"shop_a": {}}
    assert shape(order, drop, again) == {"shop_a": {"_order": "3"}}


def test_a_primary_key_of_several_columns_is_none() -> None:
    found = shape(with_fields(pk=models.CompositePrimaryKey("a", "b"), a=models.TextField()))

    assert found == {"shop_order": {"a": "1"}}


def test_a_foreign_key_follows_the_field_that_it_names() -> None:
    tables = Tables()
    for operation in (
        CUSTOMER,
        with_fields("A", id=KEY, to=foreign_key("shop.Customer", to_field="code")),
        migrations.RenameField("customer", "code", "number"),
    ):
        tables.apply(operation, "shop", ("shop", "1"))

    changes = tables.changes(migrations.AlterField("customer", "number", WIDE_CODE), "shop")

    assert [_text(change) for change in changes] == [
        "shop_customer.number changes type",
        "shop_a.to_id changes type",
    ]


def _text(change: TableChange) -> str:
    match change:
        case RenamedTable(old=old, new=new):
            return f"{old} > {new}"
        case DroppedTable(table=table):
            return f"- {table}"
        case RenamedColumn(table=table, old=before, new=after):
            return f"{table}.{before} > {after}"
        case DroppedColumn(table=table, column=column):
            return f"- {table}.{column}"
        case RetypedColumn(table=table, column=column):
            return f"{table}.{column} changes type"


def test_long_names_are_cut_as_django_cuts_them() -> None:
    name = default_table_name("shop", "M" * 80)

    assert len(name) == 63
    assert name.startswith("shop_mmm")
