"""Histories in which a change reaches triggers of other tables, or of other apps."""

from __future__ import annotations

from tests.migrations.scenarios.history import (
    FIELDS,
    INITIAL,
    KEY,
    NOTE,
    TOTAL,
    Stage,
    order,
    trigger,
)

_ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'
_ON_TOTAL = "pgtrigger.Q(old__total__gt=3)"
_STATUS_IN_BODY = "NEW.status = 'x'; RETURN NEW;"
_WEAVE = ("--weave",)
_LIFTED = ("alter guard", "alter guard")
_LONG = FIELDS.replace("max_length=10", "max_length=20")
_LENGTHEN = """
migrations.AlterField("order", "status", models.CharField(max_length=20, default="")),
"""
_REMOVE = 'migrations.RemoveField("order", "status"),'
_FEWER = f"{TOTAL}\n{NOTE}"

LOG_SCHEMA = f"""
migrations.CreateModel(
    name="Log", fields=[{KEY}, ("text", models.TextField())],
),
"""
_CUSTOMER_SCHEMA = f"""
migrations.CreateModel(
    name="Customer",
    fields=[
        ("id", models.AutoField(primary_key=True, serialize=False)),
        ("code", models.CharField(max_length=5, unique=True)),
    ],
),
migrations.CreateModel(
    name="Order",
    fields=[
        {KEY},
        ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
        ("tags", models.ManyToManyField("shop.Customer", related_name="tagged")),
    ],
),
"""


def _log(*triggers: str, text: str = "text", before: str = "", after: str = "") -> str:
    """The models of audit: a log, what it declares on itself, and code around that."""
    listed = ", ".join(triggers)
    return f"""
import pgtrigger
from django.db import models
{before}

class Log(models.Model):
    {text} = models.TextField()

    class Meta:
        triggers = [{listed}]
{after}
"""


def _forgotten(operation: str = "") -> str:
    """An order that another app takes over, and what the database sees of it."""
    return f"""
migrations.SeparateDatabaseAndState(
    database_operations=[{operation}], state_operations=[migrations.DeleteModel("Order")],
),
"""


def _taken_over(options: str = "") -> str:
    return f"""
migrations.SeparateDatabaseAndState(
    state_operations=[
        {INITIAL.strip().removesuffix("),")}
        options={{{options}}}),
    ],
),
"""


def _on_order(*triggers: str) -> str:
    """The models of audit, with triggers on the shop's orders."""
    return _log(
        before="from shop.models import Order\n",
        after=f"\npgtrigger.register({', '.join(triggers)})(Order)\n",
    )


def _on_log(*triggers: str) -> str:
    """The models of the shop, with triggers on the audit's log."""
    return order(
        before="from audit.models import Log\n\n",
        after=f"\n\npgtrigger.register({', '.join(triggers)})(Log)\n",
    )


def _customers(
    *, key: str = "AutoField", code: int = 5, through: str = "", on: str = "", model: str = "Order"
) -> str:
    """Orders of customers, with a trigger on the orders and one on the table between."""
    return f"""
import pgtrigger
from django.db import models


class Customer(models.Model):
    id = models.{key}(primary_key=True)
    code = models.CharField(max_length={code}, unique=True)


class {model}(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    tags = models.ManyToManyField(Customer, related_name="tagged")

    class Meta:
        triggers = [{on}]


{f"pgtrigger.register({through})({model}.tags.through)" if through else ""}
"""


_ON_CUSTOMER = trigger(condition='pgtrigger.Condition("OLD.customer_id = 3")')
_ON_TAG = trigger("tag", condition='pgtrigger.Condition("OLD.customer_id = 3")')


def _with_through_model(meta: str = "") -> str:
    """The same, with a model for the table between."""
    return (
        _customers().replace(
            'related_name="tagged"', 'related_name="tagged", through="shop.Tagging"'
        )
        + f"""

class Tagging(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    customer = models.ForeignKey(Customer, models.CASCADE)

    class Meta:
        {meta}
        triggers = [{_ON_TAG}]
"""
    )


def _through_model(options: str = "", database: str = "") -> str:
    """As Django's documentation has it, "Changing a ManyToManyField to use a through model"."""
    return f"""
migrations.SeparateDatabaseAndState(
    database_operations=[{database}],
    state_operations=[
        migrations.CreateModel(
            name="Tagging",
            fields=[
                {KEY},
                ("order", models.ForeignKey("shop.Order", models.CASCADE)),
                ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
            ],
            options={{{options}}},
        ),
        migrations.AlterField(
            "order",
            "tags",
            models.ManyToManyField(
                "shop.Customer", related_name="tagged", through="shop.Tagging"
            ),
        ),
    ],
),
"""


OTHER_TABLES: dict[str, list[Stage]] = {
    "another app's trigger names the column that is removed": [
        Stage(
            order(),
            ("add guard",),
            audit=_on_order(trigger(condition=_ON_STATUS)),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(fields=_FEWER),
            _LIFTED,
            schema=_REMOVE,
            audit=_on_order(trigger(condition=_ON_TOTAL)),
            arguments=_WEAVE,
        ),
        Stage(order(fields=_FEWER), ("remove guard",), audit=_log()),
    ],
    "another app's trigger goes with the column": [
        Stage(
            order(),
            ("add guard",),
            audit=_on_order(trigger(condition=_ON_STATUS)),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(fields=_FEWER),
            ("remove guard",),
            schema=_REMOVE,
            audit=_log(),
            arguments=_WEAVE,
        ),
    ],
    "another app's body names the column whose type changes": [
        Stage(
            order(),
            ("add guard",),
            audit=_on_order(trigger(func=_STATUS_IN_BODY)),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(order(fields=_LONG), _LIFTED, schema=_LENGTHEN, arguments=_WEAVE),
        Stage(
            order(fields=_LONG),
            ("alter guard",),
            audit=_on_order(trigger(func="RETURN OLD;")),
        ),
    ],
    "an app that comes first has its column changed under a later app's trigger": [
        Stage(
            _on_log(trigger(condition='pgtrigger.Condition("OLD.text = NEW.text")')),
            ("add guard",),
            audit=_log(),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            _on_log(trigger(condition='pgtrigger.Condition("OLD.words = NEW.words")')),
            _LIFTED,
            audit=_log(text="words"),
            audit_schema='migrations.RenameField("log", "text", "words"),',
            arguments=_WEAVE,
            disabled={"guard": "DISABLE"},
        ),
        Stage(
            _on_log(trigger(condition='pgtrigger.Condition("OLD.words = NEW.words")')),
            _LIFTED,
            audit=_log(text="words").replace("TextField()", "CharField(max_length=9)"),
            audit_schema='migrations.AlterField("log", "words", models.CharField(max_length=9)),',
            arguments=_WEAVE,
        ),
    ],
    "another app's trigger is on a table that is renamed, there and back": [
        Stage(
            order(),
            ("add guard",),
            audit=_on_order(trigger(condition=_ON_STATUS)),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(name="Purchase"),
            _LIFTED,
            schema='migrations.RenameModel("Order", "Purchase"),',
            audit=_on_order(trigger(condition=_ON_STATUS)).replace("Order", "Purchase"),
            arguments=_WEAVE,
            disabled={"guard": "ENABLE ALWAYS"},
        ),
        Stage(
            order(),
            ("rename guard",),
            schema='migrations.RenameModel("Purchase", "Order"),',
            audit=_on_order(trigger(condition=_ON_STATUS)),
            arguments=_WEAVE,
        ),
    ],
    "a later app's trigger is on a table that is renamed": [
        Stage(_on_log(trigger()), ("add guard",), audit=_log(), audit_schema=LOG_SCHEMA),
        Stage(
            _on_log(trigger()).replace("Log", "Entry"),
            _LIFTED,
            audit=_log().replace("class Log", "class Entry"),
            audit_schema='migrations.RenameModel("Log", "Entry"),',
            arguments=_WEAVE,
        ),
        Stage(
            _on_log(trigger(func="RETURN OLD;")).replace("Log", "Entry"),
            ("alter guard",),
            audit=_log()
            .replace("class Log", "class Entry")
            .replace("triggers = []", "db_table = 'entries'"),
            audit_schema='migrations.AlterModelTable("entry", "entries"),',
            arguments=_WEAVE,
        ),
    ],
    "both apps' triggers are in the way": [
        Stage(
            order(trigger("ours", condition=_ON_STATUS)),
            ("add theirs", "add ours"),
            audit=_on_order(trigger("theirs", condition=_ON_STATUS)),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(trigger("ours", condition=_ON_STATUS), fields=_LONG),
            ("alter theirs", "alter theirs", "alter ours", "alter ours"),
            schema=_LENGTHEN,
            arguments=_WEAVE,
        ),
    ],
    "model moves to another app, and its table stays": [
        Stage(order(trigger(condition=_ON_STATUS), trigger("more")), ("add guard", "add more")),
        Stage(
            "",
            ("rename guard", "rename more"),
            schema=_forgotten(),
            audit=order(
                trigger(condition=_ON_STATUS),
                trigger("more", func="RETURN OLD;"),
                meta='db_table = "shop_order"',
                app="audit",
            ),
            audit_schema=_taken_over('"db_table": "shop_order"'),
            audit_needs=(("shop", "0003_schema"),),
            disabled={"guard": "DISABLE"},
        ),
        Stage(
            "",
            ("remove more", "alter guard"),
            audit=order(trigger(condition=_ON_TOTAL), meta='db_table = "shop_order"', app="audit"),
        ),
    ],
    "model moves to another app, and its table with it": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            "",
            ("rename guard",),
            schema=_forgotten('migrations.AlterModelTable("order", "audit_order")'),
            audit=order(trigger(condition=_ON_STATUS), app="audit"),
            audit_schema=_taken_over(),
            audit_needs=(("shop", "0003_schema"),),
            disabled={"guard": "ENABLE REPLICA"},
        ),
    ],
    "split around another app's migration": [
        Stage(
            order(),
            ("add guard",),
            audit=_on_order(trigger(condition=_ON_STATUS)),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(order(fields=_LONG), _LIFTED, schema=_LENGTHEN, arguments=("--split",)),
        Stage(
            order(fields=_LONG),
            ("alter guard",),
            audit=_on_order(trigger(condition=_ON_TOTAL)),
        ),
    ],
    "a body names another app's column, which is renamed": [
        Stage(
            order(trigger(func="INSERT INTO audit_log (text) VALUES ('x'); RETURN NEW;")),
            ("add guard",),
            audit=_log(),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(trigger(func="INSERT INTO audit_log (words) VALUES ('x'); RETURN NEW;")),
            ("alter guard",),
            audit=_log(text="words"),
            audit_schema='migrations.RenameField("log", "text", "words"),',
            arguments=_WEAVE,
        ),
    ],
    "a body names another app's table, which is renamed": [
        Stage(
            order(trigger(func="DELETE FROM audit_log; RETURN NEW;")),
            ("add guard",),
            audit=_log(),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(trigger(func="DELETE FROM audit_entry; RETURN NEW;", condition=_ON_STATUS)),
            ("alter guard",),
            audit=_log().replace("class Log", "class Entry"),
            audit_schema='migrations.RenameModel("Log", "Entry"),',
            arguments=_WEAVE,
        ),
        Stage(
            order(),
            ("remove guard",),
            audit="",
            audit_schema='migrations.DeleteModel("Entry"),',
            arguments=_WEAVE,
        ),
    ],
    "a primary key changes its type under foreign keys": [
        Stage(
            _customers(on=_ON_CUSTOMER, through=_ON_TAG),
            ("add guard", "add tag"),
            schema=_CUSTOMER_SCHEMA,
        ),
        Stage(
            _customers(key="BigAutoField", on=_ON_CUSTOMER, through=_ON_TAG),
            ("alter guard", "alter tag", "alter guard", "alter tag"),
            schema="""
                migrations.AlterField(
                    "customer", "id", models.BigAutoField(primary_key=True, serialize=False)
                ),
            """,
            arguments=_WEAVE,
        ),
        Stage(
            _customers(key="BigAutoField", code=9, on=_ON_CUSTOMER, through=_ON_TAG),
            schema="""
                migrations.AlterField(
                    "customer", "code", models.CharField(max_length=9, unique=True)
                ),
            """,
        ),
    ],
    "a renamed model renames columns of its through tables": [
        Stage(
            _customers(through=trigger("tag", func="NEW.order_id = 3; RETURN NEW;")),
            ("add tag",),
            schema=_CUSTOMER_SCHEMA,
        ),
        Stage(
            _customers(
                through=trigger("tag", func="NEW.purchase_id = 3; RETURN NEW;"), model="Purchase"
            ),
            ("alter tag", "alter tag"),
            schema='migrations.RenameModel("Order", "Purchase"),',
            arguments=_WEAVE,
        ),
    ],
    "a table is renamed, and the through table with it": [
        Stage(_customers(through=_ON_TAG), ("add tag",), schema=_CUSTOMER_SCHEMA),
        Stage(
            _customers(through=_ON_TAG).replace(
                "triggers = []", "triggers = []\n        db_table = 'orders'"
            ),
            ("alter tag",),
            schema='migrations.AlterModelTable("order", "orders"),',
        ),
    ],
    "a many-to-many field is renamed": [
        Stage(_customers(through=_ON_TAG), ("add tag",), schema=_CUSTOMER_SCHEMA),
        Stage(
            _customers(through=_ON_TAG).replace("tags", "labels"),
            ("rename tag",),
            schema='migrations.RenameField("order", "tags", "labels"),',
        ),
    ],
    "a through table gets a model": [
        Stage(_customers(through=_ON_TAG), ("add tag",), schema=_CUSTOMER_SCHEMA),
        Stage(
            _with_through_model('db_table = "shop_order_tags"'),
            ("rename tag",),
            schema=_through_model('"db_table": "shop_order_tags"'),
            disabled={"tag": "DISABLE"},
        ),
    ],
    "a through table gets a model and another name": [
        Stage(_customers(through=_ON_TAG), ("add tag",), schema=_CUSTOMER_SCHEMA),
        Stage(
            _with_through_model(),
            ("rename tag",),
            schema=_through_model(
                database="""migrations.RunSQL(
                    "ALTER TABLE shop_order_tags RENAME TO shop_tagging",
                    "ALTER TABLE shop_tagging RENAME TO shop_order_tags",
                )"""
            ),
            disabled={"tag": "DISABLE"},
        ),
    ],
    "a many-to-many field is removed": [
        Stage(_customers(through=_ON_TAG), ("add tag",), schema=_CUSTOMER_SCHEMA),
        Stage(
            _customers().replace(
                '    tags = models.ManyToManyField(Customer, related_name="tagged")\n', ""
            ),
            ("remove tag",),
            schema='migrations.RemoveField("order", "tags"),',
            arguments=_WEAVE,
        ),
    ],
}
