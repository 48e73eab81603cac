"""Prints what django-pgtrigger compiles its own trigger classes to, as JSON.

Run as a process of its own: it configures Django, which a process can do only once.
"""

# mypy: disable-error-code="var-annotated, no-untyped-call, arg-type"

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql"}},
    INSTALLED_APPS=[],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)

import django  # noqa: E402

django.setup()

import pgtrigger  # noqa: E402
from django.contrib.postgres.search import SearchVectorField  # noqa: E402
from django.db import models  # noqa: E402


class Order(models.Model):
    status = models.TextField()
    total = models.IntegerField(null=True)
    is_active = models.BooleanField(default=True)
    note = models.TextField(db_column="Note Text")
    customer = models.ForeignKey("self", models.CASCADE)
    changed = models.DateTimeField(auto_now=True)
    search = SearchVectorField(null=True)

    class Meta:
        app_label = "shop"
        db_table = "orders"


class Report(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)

    class Meta:
        app_label = "shop"
        db_table = 'erc"."report'


class ProperlyQuoted(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)

    class Meta:
        app_label = "shop"
        db_table = '"erc"."report"'


def triggers() -> Iterator[tuple[type[models.Model], pgtrigger.Trigger]]:
    t = pgtrigger
    for operation in (t.Insert, t.Update, t.Delete, t.Insert | t.Update, t.UpdateOf("status")):
        slug = str(operation).lower().replace(" ", "_").replace('"', "")
        yield Order, t.Protect(name=f"protect_{slug}", operation=operation)
    yield Report, t.Protect(name="protect_report", operation=t.Delete)
    for operation in (t.Insert, t.Update, t.Delete):
        name = f"all_{str(operation).lower()}"
        yield Order, t.Protect(name=name, operation=operation, level=t.Statement)
    yield (
        Order,
        t.Protect(
            name="statement_condition",
            operation=t.Update,
            level=t.Statement,
            condition=t.Q(old__status="it's") & ~t.Q(new__total__gt=3),
        ),
    )
    yield ProperlyQuoted, t.ReadOnly(name="properly_quoted")
    yield Order, t.ReadOnly(name="read_only", exclude=["status"])
    yield Order, t.ReadOnly(name="read_some", fields=["status", "note"])
    yield Order, t.FSM(name="fsm", field="status", transitions=[("new", "paid"), ("paid", "%")])
    yield Order, t.FSM(name="fsm_column", field="note", transitions=[("a b", "c")], separator="|")
    yield Order, t.SoftDelete(name="soft", field="is_active")
    yield Order, t.SoftDelete(name="soft_text", field="status", value="gone")
    yield Order, t.SoftDelete(name="soft_null", field="total", value=None)
    yield (
        Order,
        t.UpdateSearchVector(
            name="vector", vector_field="search", document_fields=["status"], config_name="simple"
        ),
    )
    conditions = {
        "any": t.AnyChange("status", "total"),
        "any_auto": t.AnyChange(exclude_auto=True),
        "any_dont": t.AnyDontChange("customer"),
        "all": t.AllChange("status", "note"),
        "all_dont": ~t.AllDontChange("status", "total"),
        "whole": t.Condition("OLD.* IS DISTINCT FROM NEW.*"),
        "raw": t.Condition("(OLD.total /* 'why' */ > 3\n    or NEW.status in ('%', '\\', '$$'))"),
        "f": t.Q(old__total__lt=t.F("new__total")) | t.Q(new__status__contains="%_\\"),
        "null": t.Q(new__total__isnull=True, old__is_active=True),
    }
    for name, condition in conditions.items():
        yield (
            Order,
            t.Trigger(
                name=f"on_{name}",
                when=t.Before,
                operation=t.Update,
                condition=condition,
                func="RETURN NEW;",
            ),
        )
    for timing in (t.Immediate, t.Deferred):
        yield (
            Order,
            t.Trigger(
                name=f"later_{timing}",
                when=t.After,
                operation=t.Update | t.Delete,
                timing=timing,
                func="RETURN NULL;",
            ),
        )
    yield (
        Order,
        t.Trigger(
            name="truncated",
            level=t.Statement,
            when=t.After,
            operation=t.Truncate,
            func="RAISE NOTICE 'gone'; RETURN NULL;",
        ),
    )
    yield (
        Order,
        t.Trigger(
            name="template",
            level=t.Statement,
            when=t.After,
            operation=t.Update,
            referencing=t.Referencing(old="before_it", new="after_it"),
            declare=[("counted", "INTEGER"), ("word", "TEXT := 'a; b'")],
            func=t.Func(
                """
                SELECT COUNT(*) INTO counted FROM before_it;
                IF counted > 1 THEN
                    UPDATE {meta.db_table} SET "{columns.note}" = word;
                END IF;

                RETURN NULL;
                """
            ),
        ),
    )


def main() -> None:
    compiled = [(trigger.name, trigger.compile(model).sql) for model, trigger in triggers()]
    json.dump([[name, {**sql.defaults, **sql.kwargs}] for name, sql in compiled], sys.stdout)


if __name__ == "__main__":
    main()
