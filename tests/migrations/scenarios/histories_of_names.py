"""Histories in which a name goes from one thing to another."""

from __future__ import annotations

from tests.migrations.scenarios.history import FIELDS, KEY, TOTAL, Stage, order, trigger

_WEAVE = ("--weave",)
_LIFTED = ("alter guard", "alter guard")
_ON_TOTAL = "pgtrigger.Q(old__total__gt=3)"
_SCHEMA = "".join(
    f"""
migrations.CreateModel(
    name="{name}", fields=[{KEY}, ("total", models.IntegerField(null=True))],
),
"""
    for name in ("Foo", "Bar")
)
_SOFT = 'pgtrigger.SoftDelete(name="{}", field="total", value=5)'


def _models(**declared: str) -> str:
    """Models with one field, and a trigger each, if any."""
    classes = "".join(
        f"""

class {name}(models.Model):
    {TOTAL}

    class Meta:
        triggers = [{listed}]
"""
        for name, listed in declared.items()
    )
    return f"import pgtrigger\nfrom django.db import models\n{classes}"


_UPDATES, _DELETES = trigger(), trigger(operation="pgtrigger.Delete", func="RETURN OLD;")
_BOTH = Stage(_models(Foo=_UPDATES, Bar=_DELETES), ("add guard", "add guard"), _SCHEMA)
_SWAP = """
migrations.RenameModel("Foo", "Between"),
migrations.RenameModel("Bar", "Foo"),
migrations.RenameModel("Between", "Bar"),
"""
_TAGS = """
import pgtrigger
from django.db import models


class {tag}(models.Model):
    pass


class Foo(models.Model):
    {field} = models.ManyToManyField({tag})


pgtrigger.register({trigger})(Foo.{field}.through)
"""
_TAGS_SCHEMA = f"""
migrations.CreateModel(name="Tag", fields=[{KEY}]),
migrations.CreateModel(
    name="Foo", fields=[{KEY}, ("tags", models.ManyToManyField("shop.Tag"))],
),
"""
_ON_TAG = trigger(condition="pgtrigger.Q(old__tag=1)")

NAMES: dict[str, list[Stage]] = {
    "models swap their names": [
        _BOTH,
        Stage(
            _models(Bar=_UPDATES, Foo=_DELETES),
            ("rename guard", "rename guard", "rename guard"),
            _SWAP,
            disabled={"guard": "DISABLE"},
        ),
    ],
    "three models change their names in turn": [
        Stage(
            _models(Foo=trigger(), Bar=trigger(func="RETURN OLD;"), Baz=_DELETES),
            ("add guard", "add guard", "add guard"),
            f'{_SCHEMA}migrations.CreateModel(name="Baz", fields=[{KEY}, '
            '("total", models.IntegerField(null=True))]),',
        ),
        Stage(
            _models(Bar=trigger(), Baz=trigger(func="RETURN OLD;"), Foo=_DELETES),
            ("rename guard",) * 4,
            """
            migrations.RenameModel("Foo", "Between"),
            migrations.RenameModel("Baz", "Foo"),
            migrations.RenameModel("Bar", "Baz"),
            migrations.RenameModel("Between", "Bar"),
            """,
        ),
    ],
    "a model is renamed, and another one gets its name": [
        Stage(_models(Foo=_UPDATES, Bar=""), ("add guard",), _SCHEMA),
        Stage(
            _models(Foo=_DELETES, Zoo=_UPDATES, Bar=""),
            ("rename guard", "add guard"),
            f"""
            migrations.RenameModel("Foo", "Zoo"),
            migrations.CreateModel(
                name="Foo", fields=[{KEY}, ("total", models.IntegerField(null=True))],
            ),
            """,
        ),
    ],
    "a model is renamed to one that sorts first, and another one gets its name": [
        Stage(_models(Foo=_UPDATES, Bar=""), ("add guard",), _SCHEMA),
        Stage(
            _models(Foo=_DELETES, Arc=_UPDATES, Bar=""),
            ("rename guard", "add guard"),
            f"""
            migrations.RenameModel("Foo", "Arc"),
            migrations.CreateModel(
                name="Foo", fields=[{KEY}, ("total", models.IntegerField(null=True))],
            ),
            """,
        ),
    ],
    "a model goes, and another one gets its name": [
        _BOTH,
        Stage(
            _models(Foo=_DELETES),
            ("remove guard", "rename guard"),
            'migrations.DeleteModel("Foo"),\nmigrations.RenameModel("Bar", "Foo"),',
            arguments=_WEAVE,
        ),
    ],
    "two triggers swap their names": [
        Stage(order(trigger("a"), trigger("b", func="RETURN OLD;")), ("add a", "add b")),
        Stage(order(trigger("b"), trigger("a", func="RETURN OLD;")), ("alter a", "alter b")),
    ],
    "the table and the trigger whose function names it get other names": [
        Stage(_models(Foo=_SOFT.format("old"), Bar=""), ("add old",), _SCHEMA),
        Stage(
            _models(Foo=_SOFT.format("new"), Bar="").replace(
                "    class Meta:", '    class Meta:\n        db_table = "foo"', 1
            ),
            ("rename new",),
            'migrations.AlterModelTable("foo", "foo"),',
            arguments=_WEAVE,
            disabled={"old": "DISABLE"},
            enabled={"new": "D"},
        ),
    ],
    "a model is renamed, and the trigger goes whose function names its table": [
        Stage(
            _models(Foo=f"{_SOFT.format('old')}, {_UPDATES}", Bar=""),
            ("add guard", "add old"),
            _SCHEMA,
        ),
        Stage(
            _models(Zoo=_UPDATES, Bar=""),
            ("remove old", "rename guard"),
            'migrations.RenameModel("Foo", "Zoo"),',
            arguments=_WEAVE,
        ),
    ],
    "a many-to-many field and its target are renamed at once": [
        Stage(_TAGS.format(tag="Tag", field="tags", trigger=_ON_TAG), ("add guard",), _TAGS_SCHEMA),
        Stage(
            _TAGS.format(tag="Label", field="labels", trigger=_ON_TAG.replace("tag", "label")),
            _LIFTED,
            """
            migrations.RenameModel("Tag", "Label"),
            migrations.RenameField("foo", "tags", "labels"),
            """,
            arguments=_WEAVE,
        ),
    ],
    "a trigger is renamed together with the column in its function": [
        Stage(order(trigger("old", func="NEW.note = 'x'; RETURN NEW;")), ("add old",)),
        Stage(
            order(
                trigger("new", func="NEW.remark = 'x'; RETURN NEW;"),
                fields=FIELDS.replace("note", "remark"),
            ),
            ("alter old", "alter new"),
            'migrations.RenameField("order", "note", "remark"),',
            arguments=_WEAVE,
            disabled={"old": "ENABLE ALWAYS"},
            enabled={"new": "A"},
        ),
    ],
    "a column is altered, and its model deleted by the next migration": [
        Stage(_models(Foo=trigger(condition=_ON_TOTAL), Bar=""), ("add guard",), _SCHEMA),
        Stage(
            _models(Bar=""),
            ("remove guard",),
            'migrations.AlterField("foo", "total", models.BigIntegerField(null=True)),',
            arguments=_WEAVE,
            then='migrations.DeleteModel("Foo"),',
        ),
    ],
    "a column is altered, and removed by the next migration": [
        Stage(_models(Foo=trigger(condition=_ON_TOTAL), Bar=""), ("add guard",), _SCHEMA),
        Stage(
            _models(Foo="", Bar="").replace(TOTAL, "pass", 1),
            ("remove guard",),
            'migrations.AlterField("foo", "total", models.BigIntegerField(null=True)),',
            arguments=_WEAVE,
            then='migrations.RemoveField("foo", "total"),',
        ),
    ],
}
