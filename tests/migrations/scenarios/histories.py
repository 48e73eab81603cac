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

LOG = """
import pgtrigger
from django.db import models


class Log(models.Model):
    text = models.TextField()

    class Meta:
        triggers = []
"""
LOG_SCHEMA = """
migrations.CreateModel(
    name="Log",
    fields=[
        ("id", models.BigAutoField(
            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
        )),
        ("text", models.TextField()),
    ],
),
"""
ABSTRACT = f"""
import pgtrigger
from django.db import models


class Guarded(models.Model):
    {STATUS}
    {TOTAL}
    {NOTE}

    class Meta:
        abstract = True
        triggers = [{{trigger}}]


class Order(Guarded):
    pass
"""

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
    "protect, read-only and soft delete together": [
        Stage(
            order(
                'pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)',
                'pgtrigger.ReadOnly(name="fixed", fields=["status"])',
            ),
            ("add fixed", "add keep"),
        ),
        Stage(
            order(
                'pgtrigger.SoftDelete(name="keep", field="note", value="gone")',
                'pgtrigger.ReadOnly(name="fixed", exclude=["status"])',
            ),
            ("alter fixed", "alter keep"),
        ),
    ],
    "finite states": [
        Stage(
            order('pgtrigger.FSM(name="moves", field="status", transitions=[("a", "b")])'),
            ("add moves",),
        ),
        Stage(
            order(
                'pgtrigger.FSM(name="moves", field="status", transitions=[("a", "b"), ("b", "c")])'
            ),
            ("alter moves",),
        ),
    ],
    "declarations come and go": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(declare='[("count", "INTEGER")]')), ("alter guard",)),
        Stage(order(trigger()), ("alter guard",)),
    ],
    "transition tables": [
        Stage(order(trigger(**_STATEMENT)), ("add guard",)),
        Stage(
            order(trigger(**_STATEMENT, referencing='pgtrigger.Referencing(old="o", new="n")')),
            ("alter guard",),
        ),
        Stage(
            order(trigger(**_STATEMENT, referencing='pgtrigger.Referencing(new="fresh")')),
            ("alter guard",),
        ),
    ],
    "truncate": [
        Stage(
            order(
                trigger(
                    when="pgtrigger.Before",
                    level="pgtrigger.Statement",
                    operation="pgtrigger.Truncate",
                    func="RETURN NULL;",
                )
            ),
            ("add guard",),
        ),
        Stage(order(), ("remove guard",)),
    ],
    "texts with quotes, percent signs and dollars": [
        Stage(order(trigger(func="NEW.note = 'it''s 100%'; RETURN NEW;")), ("add guard",)),
        Stage(order(trigger(func="NEW.note = E'\\\\ %s %% \\n'; RETURN NEW;")), ("alter guard",)),
    ],
    "layout alone is no change until asked for": [
        Stage(order(trigger(func="NEW.note = 'x'; RETURN NEW;")), ("add guard",)),
        Stage(
            order(trigger(func="NEW.note = 'x';  RETURN NEW;")),
            ("alter guard",),
            arguments=("--refresh-hashes",),
        ),
    ],
    "always and replica survive": [
        Stage(order(trigger("a"), trigger("b", when="pgtrigger.After")), ("add a", "add b")),
        Stage(
            order(
                trigger("a", condition=_ON_STATUS),
                trigger("b", when="pgtrigger.After", func="RETURN OLD;"),
            ),
            ("alter a", "alter b"),
            disabled={"a": "ENABLE ALWAYS", "b": "ENABLE REPLICA"},
        ),
        Stage(
            order(trigger("a", **_CONSTRAINT), trigger("b", condition=_ON_TOTAL)),
            ("alter a", "alter b"),
        ),
    ],
    "disabled and renamed": [
        Stage(order(trigger("old")), ("add old",)),
        Stage(order(trigger("old")), disabled={"old": "DISABLE"}),
        Stage(order(trigger("new")), ("rename new",), enabled={"new": "D"}),
    ],
    "two triggers swap their names": [
        Stage(order(trigger("a"), trigger("b", operation="pgtrigger.Delete")), ("add a", "add b")),
        Stage(
            order(trigger("b"), trigger("a", operation="pgtrigger.Delete")),
            ("alter a", "alter b"),
        ),
    ],
    "model and trigger renamed": [
        Stage(order(trigger("old", condition=_ON_STATUS)), ("add old",)),
        Stage(
            order(trigger("new", condition=_ON_STATUS), name="Purchase"),
            ("rename new",),
            schema='migrations.RenameModel("Order", "Purchase"),',
        ),
    ],
    "model renamed and its trigger changed": [
        Stage(order(trigger()), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_TOTAL, func="RETURN OLD;"), name="Purchase"),
            ("rename guard",),
            schema='migrations.RenameModel("Order", "Purchase"),',
        ),
        Stage(
            order(trigger(condition=_ON_TOTAL, func="RETURN OLD;")),
            ("rename guard",),
            schema='migrations.RenameModel("Purchase", "Order"),',
        ),
    ],
    "model renamed, table kept": [
        Stage(order(trigger()), ("add guard",)),
        Stage(
            order(trigger(), name="Purchase", meta='db_table = "shop_order"'),
            ("rename guard",),
            schema="""
                migrations.AlterModelTable("order", "shop_order"),
                migrations.RenameModel("Order", "Purchase"),
            """,
        ),
    ],
    "model renamed and a column removed": [
        Stage(order(trigger(condition=_ON_STATUS)), ("add guard",)),
        Stage(
            order(trigger(), name="Purchase", fields=f"{TOTAL}\n{NOTE}"),
            ("alter guard", "alter guard"),
            schema="""
                migrations.RenameModel("Order", "Purchase"),
                migrations.RemoveField("purchase", "status"),
            """,
            arguments=("--weave",),
        ),
    ],
    "table that needs quotes": [
        Stage(order(trigger()), ("add guard",)),
        Stage(
            order(trigger(condition=_ON_STATUS), meta="db_table = 'Orders of \\'24'"),
            ("alter guard",),
            schema='migrations.AlterModelTable("order", "Orders of \'24"),',
        ),
    ],
    "column of WHEN gets another column name": [
        Stage(order(trigger(condition="pgtrigger.Q(old__total__gt=3)")), ("add guard",)),
        Stage(
            order(
                trigger(condition="pgtrigger.Q(old__total__gt=3)"),
                fields=FIELDS.replace("IntegerField(null", "IntegerField(db_column='sum', null"),
            ),
            ("alter guard", "alter guard"),
            schema="""
                migrations.AlterField(
                    "order", "total", models.IntegerField(db_column="sum", null=True)
                ),
            """,
            arguments=("--weave",),
        ),
    ],
    "one-line list of operations": [
        Stage(order(trigger(operation='pgtrigger.UpdateOf("status", "note")')), ("add guard",)),
        Stage(
            order(trigger(operation='pgtrigger.UpdateOf("note")'), fields=f"{TOTAL}\n{NOTE}"),
            ("alter guard", "alter guard"),
            schema="""
                migrations.SeparateDatabaseAndState(
                    [migrations.RemoveField("order", "status")],
                    [migrations.RemoveField("order", "status")],
                )
            """,
            arguments=("--weave",),
        ),
    ],
    "body that writes to another app's table": [
        Stage(
            order(trigger(func="INSERT INTO audit_log (text) VALUES (NEW.note); RETURN NEW;")),
            ("add guard",),
            audit=LOG,
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(trigger(func="DELETE FROM audit_log; RETURN NEW;")),
            ("alter guard",),
        ),
    ],
    "triggers in two apps": [
        Stage(
            order(trigger()),
            ("add log", "add guard"),
            audit=LOG.replace("triggers = []", f"triggers = [{trigger('log')}]"),
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(trigger(func="RETURN OLD;")),
            ("remove log", "alter guard"),
            audit=LOG,
        ),
    ],
    "registered on another app's model": [
        Stage(
            order(),
            ("add guard",),
            audit=LOG.replace("import pgtrigger", "import pgtrigger\nfrom shop.models import Order")
            + f"\n\npgtrigger.register({trigger()})(Order)\n",
            audit_schema=LOG_SCHEMA,
        ),
        Stage(
            order(),
            ("alter guard",),
            audit=LOG.replace("import pgtrigger", "import pgtrigger\nfrom shop.models import Order")
            + f"\n\npgtrigger.register({trigger(condition=_ON_STATUS)})(Order)\n",
        ),
    ],
    "inherited from an abstract base": [
        Stage(
            ABSTRACT.format(trigger=trigger()),
            ("add guard",),
        ),
        Stage(
            ABSTRACT.format(trigger=trigger(func="RETURN OLD;")),
            ("alter guard",),
        ),
    ],
}
