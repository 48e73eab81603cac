"""The histories, each under a name that says what happens in it."""

from __future__ import annotations

from tests.migrations.scenarios.history import (
    FIELDS,
    NOTE,
    STATUS,
    TOTAL,
    Stage,
    order,
    trigger,
)

_ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'
_ON_TOTAL = "pgtrigger.Q(old__total__gt=3)"
_ON_ROW = 'pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")'
_CONSTRAINT = {"when": "pgtrigger.After", "timing": "pgtrigger.Deferred"}
_STATEMENT = {"when": "pgtrigger.After", "level": "pgtrigger.Statement", "func": "RETURN NULL;"}

HISTORIES: dict[str, list[Stage]] = {
    "add then nothing": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger())),
    ],
    "body changes": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(func="NEW.note = 'x'; RETURN NEW;")), ("alter guard",)),
        Stage(order(trigger(func="RETURN OLD;")), ("alter guard",)),
    ],
    "condition comes, changes and goes": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(condition=_ON_STATUS)), ("alter guard",)),
        Stage(order(trigger(condition=_ON_TOTAL)), ("alter guard",)),
        Stage(order(trigger()), ("alter guard",)),
    ],
    "event changes": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(operation="pgtrigger.Insert | pgtrigger.Update")), ("alter guard",)),
        Stage(order(trigger(operation='pgtrigger.UpdateOf("status", "note")')), ("alter guard",)),
    ],
    "before becomes after": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(when="pgtrigger.After")), ("alter guard",)),
    ],
    "row becomes statement and back": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(**_STATEMENT)), ("alter guard",)),
        Stage(order(trigger()), ("alter guard",)),
    ],
    "to a constraint trigger and back": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(**_CONSTRAINT)), ("alter guard",)),
        Stage(order(trigger()), ("alter guard",)),
    ],
    "between constraint triggers": [
        Stage(order(trigger(**_CONSTRAINT)), ("add guard",)),
        Stage(order(trigger(**_CONSTRAINT, condition=_ON_STATUS)), ("alter guard",)),
        Stage(
            order(trigger(when="pgtrigger.After", timing="pgtrigger.Immediate")), ("alter guard",)
        ),
    ],
    "constraint trigger's body changes": [
        Stage(order(trigger(**_CONSTRAINT)), ("add guard",)),
        Stage(order(trigger(**_CONSTRAINT, func="PERFORM 1; RETURN NULL;")), ("alter guard",)),
    ],
    "removed and added again": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(), ("remove guard",)),
        Stage(order(trigger()), ("add guard",)),
    ],
    "several at once": [
        Stage(order(trigger("a"), trigger("b"), trigger("c")), ("add a", "add b", "add c")),
        Stage(
            order(
                trigger("b", func="RETURN OLD;"),
                trigger("c", condition=_ON_STATUS),
                trigger("d", operation="pgtrigger.Delete"),
            ),
            ("remove a", "alter b", "alter c", "add d"),
        ),
    ],
    "one name, another kind of trigger": [
        Stage(order('pgtrigger.Protect(name="guard", operation=pgtrigger.Delete)'), ("add guard",)),
        Stage(order('pgtrigger.ReadOnly(name="guard", fields=["status"])'), ("alter guard",)),
        Stage(
            order('pgtrigger.SoftDelete(name="guard", field="note", value="gone")'),
            ("alter guard",),
        ),
    ],
    "trigger renamed in the source": [
        Stage(order(trigger("old")), ("add old",)),
        Stage(order(trigger("new")), ("rename new",)),
    ],
    "model renamed": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATUS), name="Purchase"),
            ("rename guard",),
            schema='migrations.RenameModel("Order", "Purchase"),',
        ),
    ],
    "table renamed": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATUS), meta='db_table = "orders"'),
            ("alter guard",),
            schema='migrations.AlterModelTable("order", "orders"),',
        ),
        Stage(
            order(trigger(condition=_ON_STATUS)),
            ("alter guard",),
            schema='migrations.AlterModelTable("order", None),',
        ),
    ],
    "column that WHEN names is removed": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_TOTAL), fields=f"{TOTAL}\n{NOTE}"),
            ("alter guard", "alter guard"),
            schema='migrations.RemoveField("order", "status"),',
            arguments=("--weave",),
        ),
    ],
    "column and its trigger are removed": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(fields=f"{TOTAL}\n{NOTE}"),
            ("remove guard",),
            schema='migrations.RemoveField("order", "status"),',
            arguments=("--weave",),
        ),
    ],
    "column that the body names is removed": [
        Stage(order(trigger(func="NEW.note = 'x'; RETURN NEW;")), ("add guard",)),
        Stage(
            order(trigger(), fields=f"{STATUS}\n{TOTAL}"),
            ("alter guard", "alter guard"),
            schema='migrations.RemoveField("order", "note"),',
            arguments=("--weave",),
        ),
    ],
    "column of UPDATE OF changes its type": [
        Stage(order(trigger(operation='pgtrigger.UpdateOf("status")')), ("add guard",)),
        Stage(
            order(
                trigger(operation='pgtrigger.UpdateOf("status")'),
                fields=FIELDS.replace("max_length=10", "max_length=20"),
            ),
            ("alter guard", "alter guard"),
            schema="""
                migrations.AlterField(
                    "order", "status", models.CharField(max_length=20, default="")
                ),
            """,
            arguments=("--weave",),
        ),
    ],
    "column of WHEN changes its type": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS),
                fields=FIELDS.replace("max_length=10", "max_length=20"),
            ),
            ("alter guard", "alter guard"),
            schema="""
                # Longer words.
                migrations.AlterField(
                    "order", "status", models.CharField(max_length=20, default="")
                ),  # for real
            """,
            arguments=("--weave",),
        ),
    ],
    "column of the whole row changes its type": [
        Stage(order(trigger(condition=_ON_ROW)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_ROW), fields=FIELDS.replace("max_length=10", "max_length=20")
            ),
            schema="""
                migrations.AlterField(
                    "order", "status", models.CharField(max_length=20, default="")
                ),
            """,
        ),
    ],
    "column that WHEN and body name is renamed": [
        Stage(
            order(trigger(condition=_ON_STATUS, func="NEW.status = 'x'; RETURN NEW;")),
            ("add guard",),
        ),
        Stage(
            order(
                trigger(
                    condition=_ON_STATUS.replace("status", "state"),
                    func="NEW.state = 'x'; RETURN NEW;",
                ),
                fields=FIELDS.replace("status", "state"),
            ),
            ("alter guard", "alter guard"),
            schema='migrations.RenameField("order", "status", "state"),',
            arguments=("--weave",),
        ),
    ],
    "column renamed, written afterwards": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(
                trigger(condition=_ON_STATUS.replace("status", "state")),
                fields=FIELDS.replace("status", "state"),
            ),
            ("alter guard",),
            schema='migrations.RenameField("order", "status", "state"),',
            arguments=("--after",),
        ),
    ],
    "two columns are removed, another one comes": [
        Stage(
            order(trigger(condition=_ON_STATUS, func="NEW.note = 'x'; RETURN NEW;")),
            ("add guard",),
        ),
        Stage(
            order(
                trigger(condition="pgtrigger.Q(new__size__gt=3)"),
                fields=f"{TOTAL}\nsize = models.IntegerField(null=True)",
            ),
            ("alter guard", "alter guard"),
            schema="""
                migrations.RemoveField("order", "status"),
                migrations.RemoveField("order", "note"),
                migrations.AddField("order", "size", models.IntegerField(null=True)),
            """,
            arguments=("--weave",),
        ),
    ],
    "disabled trigger around a removed column": [
        Stage(
            order(trigger(condition=_ON_STATUS)),
            ("add guard",),
        ),
        Stage(
            order(trigger(), fields=f"{TOTAL}\n{NOTE}"),
            ("alter guard", "alter guard"),
            schema='migrations.RemoveField("order", "status"),',
            arguments=("--weave",),
            disabled={"guard": "DISABLE"},
        ),
    ],
    "replica trigger of a renamed model": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATUS), name="Purchase"),
            ("rename guard",),
            schema='migrations.RenameModel("Order", "Purchase"),',
            disabled={"guard": "ENABLE REPLICA"},
        ),
    ],
    "split around a removed column": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(), fields=f"{TOTAL}\n{NOTE}"),
            ("alter guard", "alter guard"),
            schema='migrations.RemoveField("order", "status"),',
            arguments=("--split",),
        ),
    ],
    "model deleted": [
        Stage(order(trigger()), ("add guard",)),
        Stage(
            "",
            ("remove guard",),
            schema='migrations.DeleteModel("Order"),',
            arguments=("--weave",),
        ),
    ],
}
