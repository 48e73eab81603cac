"""Histories of models of every kind: inherited, proxies, of other packages, in other schemas."""

from __future__ import annotations

from tests.migrations.scenarios.history import FIELDS, INITIAL, KEY, Stage, order, trigger

_ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'
_STATUS_IN_BODY = "NEW.status = 'x'; RETURN NEW;"
_CONSTRAINT = {"when": "pgtrigger.After", "timing": "pgtrigger.Deferred"}
_WEAVE = ("--weave",)
_LIFTED = ("alter guard", "alter guard")
_LONG = FIELDS.replace("max_length=10", "max_length=20")
_LENGTHEN = """
migrations.AlterField("order", "status", models.CharField(max_length=20, default="")),
"""

_AUTH = """
INSTALLED_APPS += ["django.contrib.contenttypes", "django.contrib.auth"]
"""
_AUTH_LEAF = ("auth", "0012_alter_user_first_name_max_length")
_SWAPPED = f"""{_AUTH}
AUTH_USER_MODEL = "shop.Person"
"""
SETTINGS = {
    "proxy of another package's model": _AUTH,
    "through table of another package's model": _AUTH,
    "swappable user": _SWAPPED,
    "the search path decides of the ignore function": "\nPGTRIGGER_SCHEMA = None\n",
}

_CHILD_SCHEMA = f"""
{INITIAL}
migrations.CreateModel(
    name="Special",
    fields=[
        ("order_ptr", models.OneToOneField(
            auto_created=True, on_delete=models.CASCADE, parent_link=True, primary_key=True,
            serialize=False, to="shop.order",
        )),
        ("reason", models.CharField(max_length=9)),
    ],
    bases=("shop.order",),
),
"""
_NEEDS_GROUP = """
migrations.CreateModel(
    name="Team",
    fields=[],
    options={"proxy": True, "indexes": [], "constraints": []},
    bases=("auth.group",),
    managers=[("objects", django.contrib.auth.models.GroupManager())],
),
"""
_PERSON_SCHEMA = f"""
migrations.CreateModel(
    name="Person",
    fields=[
        {KEY},
        ("password", models.CharField(max_length=128, verbose_name="password")),
        ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
        ("email", models.CharField(max_length=10, unique=True)),
    ],
    options={{"abstract": False}},
),
"""
_NOTE_SCHEMA = f"""
migrations.CreateModel(
    name="Note",
    fields=[{KEY}, ("by", models.ForeignKey("shop.Person", models.CASCADE))],
),
"""


def _special(
    *triggers: str, name: str = "Special", reason: str = "reason", of: str = FIELDS
) -> str:
    """Orders without triggers, and special ones with some."""
    listed = ", ".join(triggers)
    return order(
        fields=of,
        after=f"""

class {name}(Order):
    {reason} = models.CharField(max_length=9)

    class Meta:
        triggers = [{listed}]
""",
    )


def _in_shop(head: str, code: str) -> str:
    return f"import pgtrigger\nfrom django.db import models\n{head}\n\n\n{code}\n"


def _team(declared: str) -> str:
    return _in_shop(
        "from django.contrib.auth.models import Group",
        f"""class Team(Group):
    class Meta:
        proxy = True
        triggers = [{declared}]""",
    )


def _members(declared: str) -> str:
    return _in_shop(
        "from django.contrib.auth.models import User",
        f"pgtrigger.register({declared})(User.groups.through)",
    )


def _person(declared: str, length: int = 10) -> str:
    return _in_shop(
        "from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager",
        f"""class Person(AbstractBaseUser):
    email = models.CharField(max_length={length}, unique=True)
    objects = BaseUserManager()
    USERNAME_FIELD = "email"

    class Meta:
        triggers = [{declared}]""",
    )


_NOTE = """
import pgtrigger
from django.conf import settings
from django.db import models


class Note(models.Model):
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    class Meta:
        triggers = [{}]
"""
_ON_REASON = 'pgtrigger.Condition("OLD.reason IS DISTINCT FROM NEW.reason")'
_ON_WHY = _ON_REASON.replace("reason", "why")
_ON_EMAIL = 'pgtrigger.Condition("OLD.email IS DISTINCT FROM NEW.email")'
_NOTHING = 'migrations.RunSQL("SELECT 1", migrations.RunSQL.noop),'


KINDS_OF_MODELS: dict[str, list[Stage]] = {
    "the search path decides of the ignore function": [
        Stage(order(trigger()), ("add guard",)),
        Stage(order(trigger(func="RETURN OLD;")), ("alter guard",)),
    ],
    "child's column is renamed": [
        Stage(_special(trigger(condition=_ON_REASON)), ("add guard",), schema=_CHILD_SCHEMA),
        Stage(
            _special(trigger(condition=_ON_WHY), reason="why"),
            _LIFTED,
            schema='migrations.RenameField("special", "reason", "why"),',
            arguments=_WEAVE,
        ),
        Stage(
            _special(trigger(condition=_ON_WHY), reason="why", name="Odd"),
            ("rename guard",),
            schema='migrations.RenameModel("Special", "Odd"),',
        ),
    ],
    "parent's column changes, the child's trigger stays": [
        Stage(
            _special(trigger(func="NEW.reason = 'x'; RETURN NEW;")),
            ("add guard",),
            schema=_CHILD_SCHEMA,
        ),
        Stage(
            _special(trigger(func="NEW.reason = 'x'; RETURN NEW;"), of=_LONG),
            schema=_LENGTHEN,
        ),
    ],
    "table in a schema, with capitals": [
        Stage(
            order(trigger(condition=_ON_STATUS), meta="db_table = 'erc\".\"Orders'"),
            ("add guard",),
            schema=f"""
                migrations.RunSQL("CREATE SCHEMA IF NOT EXISTS erc", "DROP SCHEMA erc"),
                {INITIAL.strip().removesuffix("),")}
                    options={{"db_table": 'erc"."Orders'}},
                ),
            """,
        ),
        Stage(
            order(trigger(condition=_ON_STATUS), meta="db_table = 'erc\".\"Orders'", fields=_LONG),
            _LIFTED,
            schema=_LENGTHEN,
            arguments=_WEAVE,
        ),
        Stage(
            order(
                trigger(condition=_ON_STATUS, func=_STATUS_IN_BODY),
                meta="db_table = 'erc\".\"Orders'",
                fields=_LONG,
            ),
            ("alter guard",),
            disabled={"guard": "DISABLE"},
        ),
    ],
    "proxy of a model of the same app": [
        Stage(
            order(
                after=f"""

class Open(Order):
    class Meta:
        proxy = True
        triggers = [{trigger(condition=_ON_STATUS)}]
"""
            ),
            ("add guard",),
            schema=f"""
                {INITIAL}
                migrations.CreateModel(
                    name="Open",
                    fields=[],
                    options={{"proxy": True, "indexes": [], "constraints": []}},
                    bases=("shop.order",),
                ),
            """,
        ),
        Stage(
            order(
                fields=_LONG,
                after=f"""

class Open(Order):
    class Meta:
        proxy = True
        triggers = [{trigger(condition=_ON_STATUS)}]
""",
            ),
            _LIFTED,
            schema=_LENGTHEN,
            arguments=_WEAVE,
        ),
    ],
    "proxy of another package's model": [
        Stage(
            _team(trigger(condition='pgtrigger.Condition("OLD.name = NEW.name")')),
            ("add guard",),
            schema=_NEEDS_GROUP,
            needs=(_AUTH_LEAF,),
        ),
        Stage(_team(trigger(func="RETURN OLD;")), ("alter guard",)),
        Stage(_team(""), ("remove guard",)),
    ],
    "through table of another package's model": [
        Stage(
            _members(trigger(condition='pgtrigger.Condition("OLD.user_id = 3")')),
            ("add guard",),
            schema=_NOTHING,
        ),
        Stage(_members(trigger("other")), ("remove guard", "add other")),
    ],
    "swappable user": [
        Stage(
            _person(trigger(condition=_ON_EMAIL)),
            ("add note", "add guard"),
            schema=_PERSON_SCHEMA,
            audit=_NOTE.format(trigger("note", condition='pgtrigger.Condition("OLD.by_id = 3")')),
            audit_schema=_NOTE_SCHEMA,
            audit_needs=(("shop", "0001_initial"),),
        ),
        Stage(
            _person(trigger(condition=_ON_EMAIL), 20),
            _LIFTED,
            schema="""
                migrations.AlterField(
                    "person", "email", models.CharField(max_length=20, unique=True)
                ),
            """,
            arguments=_WEAVE,
        ),
    ],
    "constraint triggers in turn": [
        Stage(order(trigger("a", **_CONSTRAINT)), ("add a",)),
        Stage(
            order(
                trigger("a", **{**_CONSTRAINT, "timing": "pgtrigger.Immediate"}),
                trigger("b", **_CONSTRAINT, condition=_ON_STATUS),
            ),
            ("alter a", "add b"),
        ),
        Stage(order(trigger("b", **_CONSTRAINT, condition=_ON_STATUS)), ("remove a",)),
    ],
}
