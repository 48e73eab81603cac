"""The histories, each under a name that says what happens in it."""

from __future__ import annotations

from tests.migrations.scenarios.history import (
    Stage,
    order,
    trigger,
)

_ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'
_ON_TOTAL = "pgtrigger.Q(old__total__gt=3)"
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
}
