"""Histories in which a table changes under its triggers, in all the ways that Django has."""

from __future__ import annotations

import subprocess

from tests.migrations.scenarios.history import (
    FIELDS,
    NOTE,
    STATUS,
    TOTAL,
    Project,
    Stage,
    order,
    trigger,
)

_ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'
_ON_STATE = _ON_STATUS.replace("status", "state")
_ON_TOTAL = "pgtrigger.Q(old__total__gt=3)"
_ON_ROW = 'pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")'
_STATUS_IN_BODY = "NEW.status = 'x'; RETURN NEW;"
_CONSTRAINT = {"when": "pgtrigger.After", "timing": "pgtrigger.Deferred"}
_STATEMENT = {
    "when": "pgtrigger.After",
    "level": "pgtrigger.Statement",
    "referencing": 'pgtrigger.Referencing(old="before", new="fresh")',
}
_WEAVE = ("--weave",)
_LIFTED = ("alter guard", "alter guard")
_LONG = FIELDS.replace("max_length=10", "max_length=20")


def _alter(name: str, field: str) -> str:
    return f'migrations.AlterField("order", "{name}", models.{field}),'


def _commit(project: Project) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=project.root, check=True)


def _by_hand(sql: str, reverse: str, state: str) -> str:
    return f"""
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL({sql!r}, {reverse!r}),
            ],
            state_operations=[
                migrations.{state},
            ],
        ),
    """


SCHEMA_CHANGES: dict[str, list[Stage]] = {
    "column that only the body names changes its type": [
        Stage(order(trigger(func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(
                trigger(func=_STATUS_IN_BODY),
                fields=FIELDS.replace(STATUS, "status = models.TextField()"),
            ),
            _LIFTED,
            schema=_alter("status", "TextField()"),
            arguments=_WEAVE,
        ),
    ],
    "column that only the body names becomes longer": [
        Stage(order(trigger(func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(trigger(func=_STATUS_IN_BODY), fields=_LONG),
            _LIFTED,
            schema=_alter("status", 'CharField(max_length=20, default="")'),
            arguments=_WEAVE,
        ),
    ],
    "column of WHEN may be empty now, and gets a default": [
        Stage(order(trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY),
                fields=FIELDS.replace('default=""', 'null=True, default="x", db_default="y"', 1),
            ),
            schema=_alter(
                "status", 'CharField(max_length=10, null=True, default="x", db_default="y")'
            ),
        ),
    ],
    "column of WHEN gets a comment": [
        Stage(order(trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY),
                fields=FIELDS.replace('default=""', 'default="", db_comment="of the order"', 1),
            ),
            _LIFTED,
            schema=_alter(
                "status", 'CharField(max_length=10, default="", db_comment="of the order")'
            ),
            arguments=_WEAVE,
        ),
    ],
    "column that only the body names gets a comment": [
        Stage(order(trigger(func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(
                trigger(func=_STATUS_IN_BODY),
                fields=FIELDS.replace('default=""', 'default="", db_comment="of the order"', 1),
            ),
            schema=_alter(
                "status", 'CharField(max_length=10, default="", db_comment="of the order")'
            ),
        ),
    ],
    "column of WHEN gets a collation": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS),
                fields=FIELDS.replace('default=""', 'default="", db_collation="C"', 1),
            ),
            _LIFTED,
            schema=_alter("status", 'CharField(max_length=10, default="", db_collation="C")'),
            arguments=_WEAVE,
        ),
    ],
    "column of WHEN is indexed, constrained and made unique": [
        Stage(order(trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY),
                fields=FIELDS.replace('default=""', 'default="", unique=True', 1),
                meta='indexes = [models.Index(fields=["status"], name="by_status")]\n'
                'unique_together = [("status", "total")]',
            ),
            schema="""
                migrations.AlterField(
                    "order", "status", models.CharField(max_length=10, default="", unique=True)
                ),
                migrations.AddIndex("order", models.Index(fields=["status"], name="by_status")),
                migrations.AlterUniqueTogether("order", {("status", "total")}),
            """,
        ),
    ],
    "column of WHEN is removed and comes back as another one": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS),
                fields=f"status = models.IntegerField(null=True)\n{TOTAL}\n{NOTE}",
            ),
            _LIFTED,
            schema="""
                migrations.RemoveField("order", "status"),
                migrations.AddField("order", "status", models.IntegerField(null=True)),
            """,
            arguments=_WEAVE,
        ),
    ],
    "split around two changes in one committed migration": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATE), fields=_LONG.replace("status", "state")),
            _LIFTED,
            schema='migrations.RenameField("order", "status", "state"),'
            + _alter("state", 'CharField(max_length=20, default="")'),
            arguments=("--split",),
            act=_commit,
        ),
    ],
    "column of WHEN alone is renamed": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATE), fields=FIELDS.replace("status", "state")),
            _LIFTED,
            schema='migrations.RenameField("order", "status", "state"),',
            arguments=_WEAVE,
        ),
    ],
    "column of the whole row is removed": [
        Stage(order(trigger(condition=_ON_ROW)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_ROW), fields=f"{TOTAL}\n{NOTE}"),
            schema='migrations.RemoveField("order", "status"),',
        ),
    ],
    "two columns change in two migrations": [
        Stage(
            order(trigger(condition=_ON_STATUS, func="NEW.note = 'x'; RETURN NEW;")), ("add guard",)
        ),
        Stage(
            order(trigger(condition=_ON_TOTAL), fields=f"{TOTAL}\n{NOTE}"),
            _LIFTED,
            schema='migrations.RemoveField("order", "status"),',
            arguments=_WEAVE,
        ),
        Stage(
            order(
                trigger(condition=_ON_TOTAL),
                fields=f"total = models.BigIntegerField(null=True)\n{NOTE}",
            ),
            _LIFTED,
            schema=_alter("total", "BigIntegerField(null=True)"),
            arguments=_WEAVE,
        ),
    ],
    "one column, three triggers": [
        Stage(
            order(
                trigger("a", condition=_ON_STATUS),
                trigger("b", operation='pgtrigger.UpdateOf("status")'),
                trigger("c", func=_STATUS_IN_BODY),
                trigger("d"),
            ),
            ("add a", "add b", "add c", "add d"),
        ),
        Stage(
            order(trigger("a"), trigger("c"), trigger("d"), fields=f"{TOTAL}\n{NOTE}"),
            ("alter a", "remove b", "alter c", "alter a", "alter c"),
            schema='migrations.RemoveField("order", "status"),',
            arguments=_WEAVE,
        ),
    ],
    "constraint trigger's column changes its type": [
        Stage(order(trigger(condition=_ON_STATUS, **_CONSTRAINT)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATUS, **_CONSTRAINT), fields=_LONG),
            _LIFTED,
            schema=_alter("status", 'CharField(max_length=20, default="")'),
            arguments=_WEAVE,
            disabled={"guard": "ENABLE ALWAYS"},
        ),
    ],
    "column that a transition table has is removed": [
        Stage(
            order(trigger(func="PERFORM status FROM fresh; RETURN NULL;", **_STATEMENT)),
            ("add guard",),
        ),
        Stage(
            order(
                trigger(func="PERFORM note FROM fresh; RETURN NULL;", **_STATEMENT),
                fields=f"{TOTAL}\n{NOTE}",
            ),
            _LIFTED,
            schema='migrations.RemoveField("order", "status"),',
            arguments=_WEAVE,
            disabled={"guard": "ENABLE REPLICA"},
        ),
    ],
    "column renamed by hand": [
        Stage(order(trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATE, func=_STATUS_IN_BODY.replace("status", "state")),
                fields=FIELDS.replace("status", "state"),
            ),
            _LIFTED,
            schema=_by_hand(
                "ALTER TABLE shop_order RENAME COLUMN status TO state",
                "ALTER TABLE shop_order RENAME COLUMN state TO status",
                'RenameField("order", "status", "state")',
            ),
            arguments=_WEAVE,
        ),
    ],
    "column's type changed by hand": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS),
                fields=FIELDS.replace(STATUS, 'status = models.TextField(default="")'),
            ),
            _LIFTED,
            schema=_by_hand(
                "alter table shop_order alter status type text, alter total set default 1",
                "alter table shop_order alter status type varchar(10), alter total drop default",
                'AlterField("order", "status", models.TextField(default=""))',
            ),
            arguments=_WEAVE,
        ),
    ],
    "column that the new trigger names comes by hand, in the same migration": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(
                trigger(condition='pgtrigger.Q(old__state="x", new__rank=3)'),
                fields=FIELDS.replace("status", "state")
                + "\nrank = models.IntegerField(null=True)",
            ),
            _LIFTED,
            schema='migrations.RenameField("order", "status", "state"),'
            + _by_hand(
                "ALTER TABLE shop_order ADD COLUMN rank integer",
                "ALTER TABLE shop_order DROP COLUMN rank",
                'AddField("order", "rank", models.IntegerField(null=True))',
            ),
            arguments=_WEAVE,
        ),
    ],
    "model and column get other names, and another column comes": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(
                trigger(condition='pgtrigger.Q(old__state="x", new__rank=3)'),
                fields=FIELDS.replace("status", "state")
                + "\nrank = models.IntegerField(null=True)",
                name="Purchase",
            ),
            _LIFTED,
            schema="""
                migrations.SeparateDatabaseAndState(
                    database_operations=[migrations.RenameField("order", "status", "state")],
                    state_operations=[migrations.RenameField("order", "status", "state")],
                ),
                migrations.AddField("order", "rank", models.IntegerField(null=True)),
                migrations.RenameModel("Order", "Purchase"),
            """,
            arguments=_WEAVE,
        ),
    ],
    "table renamed by hand": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATUS), meta='db_table = "orders"'),
            ("alter guard",),
            schema=_by_hand(
                "ALTER TABLE shop_order RENAME TO orders",
                "ALTER TABLE orders RENAME TO shop_order",
                'AlterModelTable("order", "orders")',
            ),
        ),
    ],
    "several steps in one operation": [
        Stage(order(trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATE, func=_STATUS_IN_BODY.replace("status", "state")),
                fields=FIELDS.replace("status", "state"),
                meta='db_table = "orders"',
            ),
            _LIFTED,
            schema="""
                migrations.SeparateDatabaseAndState(
                    database_operations=[
                        migrations.AlterModelTable("order", "orders"),
                        migrations.RenameField("order", "status", "state"),
                    ],
                    state_operations=[
                        migrations.AlterModelTable("order", "orders"),
                        migrations.RenameField("order", "status", "state"),
                    ],
                ),
            """,
            arguments=_WEAVE,
        ),
    ],
    "only the state changes": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATUS), fields=_LONG),
            schema="""
                migrations.SeparateDatabaseAndState(
                    state_operations=[
                        migrations.AlterField(
                            "order", "status", models.CharField(max_length=20, default="")
                        ),
                    ],
                ),
            """,
        ),
    ],
    "model deleted and made again": [
        Stage(order(trigger()), ("add guard",)),
        Stage("", ("remove guard",), schema='migrations.DeleteModel("Order"),', arguments=_WEAVE),
        Stage(
            order(trigger(func="RETURN OLD;"), fields="pass"),
            ("add guard",),
            schema="""
                migrations.CreateModel(
                    name="Order",
                    fields=[("id", models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ))],
                ),
            """,
        ),
    ],
}
