"""Histories: what a project's models were, one version after the other."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

KEY = """("id", models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
))"""
INITIAL = """
migrations.CreateModel(
    name="Order",
    fields=[
        ("id", models.BigAutoField(
            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
        )),
        ("status", models.CharField(max_length=10, default="")),
        ("total", models.IntegerField(null=True)),
        ("note", models.TextField(default="")),
    ],
),
"""
STATUS = 'status = models.CharField(max_length=10, default="")'
TOTAL = "total = models.IntegerField(null=True)"
NOTE = 'note = models.TextField(default="")'
FIELDS = f"{STATUS}\n{TOTAL}\n{NOTE}"


class Project(Protocol):
    """The project as histories may change it."""

    root: Path


@dataclass(frozen=True)
class Stage:
    """One version of the project.

    Attributes:
        models: The source of shop/models.py.
        schema: Operations of shop that Django's makemigrations would write for this version.
        kinds: Kinds and trigger names of the operations that are expected of us.
        arguments: For our makemigrations.
        needs: Other apps' migrations that `schema` comes after, and `audit_needs` those of
            `audit_schema`.
        audit: The source of audit/models.py, and `audit_schema` its operations.
        disabled: What an operator does to triggers, by name, before this version is migrated
            to: `DISABLE`, `ENABLE REPLICA` or `ENABLE ALWAYS`.
        enabled: `pg_trigger.tgenabled` of triggers that got another name.
        then: Operations of a second migration of the shop, written before ours.
        act: What else somebody does to the project before our makemigrations.
    """

    models: str
    kinds: tuple[str, ...] = ()
    schema: str = ""
    arguments: tuple[str, ...] = ()
    audit: str | None = None
    audit_schema: str = ""
    needs: tuple[tuple[str, str], ...] = ()
    audit_needs: tuple[tuple[str, str], ...] = ()
    disabled: Mapping[str, str] = field(default_factory=dict)
    enabled: Mapping[str, str] = field(default_factory=dict)
    then: str = ""
    act: Callable[[Project], None] = lambda project: None


def order(
    *triggers: str,
    fields: str = FIELDS,
    name: str = "Order",
    meta: str = "",
    before: str = "",
    after: str = "",
    app: str = "shop",
) -> str:
    """A models module with one model and its triggers."""
    listed = "".join(f"    {trigger},\n" for trigger in triggers)
    body = f"{meta}\ntriggers = [\n{listed}]"
    return "\n".join(
        [
            "import pgtrigger",
            "from django.db import models",
            before,
            f"class {name}(models.Model):",
            textwrap.indent(fields, "    "),
            "    class Meta:",
            f'        app_label = "{app}"',
            textwrap.indent(body, "        "),
            after,
        ]
    )


def trigger(
    name: str = "guard",
    *,
    func: str = "RETURN NEW;",
    when: str = "pgtrigger.Before",
    operation: str = "pgtrigger.Update",
    **others: str,
) -> str:
    """A trigger's declaration; arguments are Python source but for name and func."""
    arguments = {
        "name": repr(name),
        "when": when,
        "operation": operation,
        "func": repr(func),
        **others,
    }
    listed = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return f"pgtrigger.Trigger({listed})"
