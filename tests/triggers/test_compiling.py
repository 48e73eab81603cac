# ruff: noqa: E501  (one declaration, one line)
"""Which triggers there are, of what origin, and what becomes of those that cannot be compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.causes import CODES
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger
from tests.support.projects import analyzed

HEADER = """
import os
import pgtrigger
from django.db import models
from django.contrib.auth.models import Group, User

KEEP = pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)
"""


def _trigger(analysis: Analysis) -> CompiledTrigger:
    (found,) = analysis.triggers
    assert not analysis.unresolved
    return found


def _refused(root: Path, body: str) -> UnresolvedTrigger:
    analysis = analyzed(root, HEADER + body)
    (found,) = analysis.unresolved
    return found


def _line(trigger: CompiledTrigger | UnresolvedTrigger) -> str:
    text = Path(trigger.span.path).read_text().splitlines()
    return text[trigger.span.line - 1].strip()


def test_a_literal_trigger(tmp_path: Path) -> None:
    found = _trigger(
        analyzed(
            tmp_path,
            HEADER
            + "class Order(models.Model):\n    paid = models.BooleanField(db_column='is_paid')\n    class Meta:\n"
            "        triggers = [pgtrigger.Protect(name='t', operation=pgtrigger.UpdateOf('paid'), condition=pgtrigger.Q(old__paid=True))]",
        )
    )

    assert (found.uri, found.model, found.app_label) == ("shop.Order:t", "Order", "shop")
    assert (found.table, found.concrete_model) == ("shop_order", "shop.Order")
    assert (found.origin, found.migration_app) == ("meta", "shop")
    assert found.columns == ("is_paid", "paid")
    assert found.class_name == "pgtrigger.contrib.Protect"
    assert found.pgid.startswith("pgtrigger_t_")
    assert found.parts.condition == 'WHEN (OLD."is_paid")'
    assert _line(found).startswith("triggers = [pgtrigger.Protect(")


ORIGINS = {
    "meta": (
        "class A(models.Model):\n    class Meta:\n        triggers = [KEEP]",
        "shop.A",
        "meta",
        "shop_a",
    ),
    "inherited": (
        "class Base(models.Model):\n    class Meta:\n        abstract = True\n        triggers = [KEEP]\nclass A(Base): pass",
        "shop.A",
        "inherited",
        "shop_a",
    ),
    "decorator": (
        "@pgtrigger.register(KEEP)\nclass A(models.Model): pass",
        "shop.A",
        "register",
        "shop_a",
    ),
    "call": (
        "class A(models.Model): pass\npgtrigger.register(KEEP)(A)",
        "shop.A",
        "register",
        "shop_a",
    ),
    "method": ("class A(models.Model): pass\nKEEP.register(A)", "shop.A", "register", "shop_a"),
    "third-party": ("pgtrigger.register(KEEP)(Group)", "auth.Group", "register", "auth_group"),
    "third-party through": (
        "pgtrigger.register(KEEP)(User.groups.through)",
        "auth.User_groups",
        "register",
        "auth_user_groups",
    ),
    "proxy": (
        "class A(Group):\n    class Meta:\n        proxy = True\n        triggers = [KEEP]",
        "shop.A",
        "meta",
        "auth_group",
    ),
    "through proxy": (
        "class A(User.groups.through):\n    class Meta:\n        proxy = True\n        triggers = [KEEP]",
        "shop.A",
        "meta",
        "auth_user_groups",
    ),
    "child": (
        "class A(Group):\n    class Meta:\n        triggers = [KEEP]",
        "shop.A",
        "meta",
        "shop_a",
    ),
    "plain mixin's Meta": (
        "class Mixin:\n    class Meta:\n        triggers = [KEEP]\nclass A(Mixin, models.Model): pass",
        "shop.A",
        "inherited",
        "shop_a",
    ),
}


@pytest.mark.parametrize(("body", "label", "origin", "table"), ORIGINS.values(), ids=ORIGINS)
def test_where_triggers_come_from(
    body: str, label: str, origin: str, table: str, tmp_path: Path
) -> None:
    found = _trigger(analyzed(tmp_path, HEADER + body))

    assert (found.uri, found.origin, found.table) == (f"{label}:keep", origin, table)
    assert found.migration_app == "shop"
    assert _line(found).startswith("KEEP = ")


NONE = {
    "an own Meta": "class Base(models.Model):\n    class Meta:\n        abstract = True\n        triggers = [KEEP]\nclass A(Base):\n    class Meta:\n        ordering = ['id']",
    "a reset": "class Base(models.Model):\n    class Meta:\n        abstract = True\n        triggers = [KEEP]\nclass A(Base):\n    class Meta(Base.Meta):\n        triggers = []",
    "a concrete base": "class Base(models.Model):\n    class Meta:\n        pass\nclass A(Base): pass",
    "an abstract class alone": "class A(models.Model):\n    class Meta:\n        abstract = True\n        triggers = [KEEP]",
    "a class that is no model": "class A:\n    class Meta:\n        triggers = [KEEP]",
    "code that never runs": "class A(models.Model): pass\nif False:\n    pgtrigger.register(KEEP)(A)",
    "a registration that is not called": "class A(models.Model): pass\npgtrigger.register(KEEP)",
}


@pytest.mark.parametrize("body", NONE.values(), ids=NONE)
def test_where_no_triggers_come_from(body: str, tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, HEADER + body)

    assert (analysis.triggers, analysis.unresolved) == ((), ())


def test_a_parents_triggers_stay_with_the_parent(tmp_path: Path) -> None:
    found = _trigger(
        analyzed(
            tmp_path,
            HEADER
            + "class P(models.Model):\n    class Meta:\n        triggers = [KEEP]\nclass A(P): pass",
        )
    )

    assert found.uri == "shop.P:keep"


def test_what_a_child_drops_is_told(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, HEADER + NONE["an own Meta"])

    (lost,) = analysis.lost_triggers
    assert (lost.model, lost.base, lost.triggers, lost.cause) == (
        "A",
        "Base",
        ("keep",),
        "own-meta",
    )


META = "class A(models.Model):\n    class Meta:\n        triggers = "
REFUSED = {
    "no name": (META + "[pgtrigger.Protect(operation=pgtrigger.Delete)]", "PGT106", "name"),
    "a bad name": (
        META + "[pgtrigger.Protect(name='a b', operation=pgtrigger.Delete)]",
        "PGT105",
        "a b",
    ),
    "a long name": (
        META + f"[pgtrigger.Protect(name='{'x' * 48}', operation=pgtrigger.Delete)]",
        "PGT105",
        "47",
    ),
    "a hyphen": (
        META + "[pgtrigger.Protect(name='a-b', operation=pgtrigger.Delete)]",
        "PGT105",
        "hyphen",
    ),
    "no operation": (
        META + "[pgtrigger.Trigger(name='t', when=pgtrigger.Before, func='')]",
        "PGT106",
        "operation",
    ),
    "a name in PostgreSQL that is no text": (
        "class Odd(pgtrigger.Protect):\n    def get_pgid(self, model): return models.TextField\n"
        + META
        + "[Odd(name='t', operation=pgtrigger.Delete)]",
        "PGT106",
        "`get_pgid` returns a `type`",
    ),
    "a body that is a class": (
        "class Odd(pgtrigger.Protect):\n    def get_func(self, model): return models.TextField\n"
        + META
        + "[Odd(name='t', operation=pgtrigger.Delete)]",
        "PGT002",
        "the representation of an object",
    ),
    "no trigger": (META + "['keep']", "PGT106", "`str`"),
    "a string of triggers": (META + "'keep'", "PGT112", "triggers"),
    "an unknown list": (META + "os.environ['X']", "PGT002", "`X` is not pinned"),
    "an unknown argument": (
        META + "[pgtrigger.Protect(name=os.environ['X'], operation=pgtrigger.Delete)]",
        "PGT002",
        "`X` is not pinned",
    ),
    "an unknown decorator's model": (
        "pgtrigger.register(KEEP)(os.environ['X'])",
        "PGT002",
        "`X` is not pinned",
    ),
    "no model": ("pgtrigger.register(KEEP)('shop.A')", "PGT002", "not a model"),
    "an unknown model": (
        "from django.apps import apps\npgtrigger.register(KEEP)(apps.get_model('shop.Nothing'))",
        "PGT002",
        "`shop.Nothing` was not found",
    ),
    "under a condition": (
        "class A(models.Model): pass\nif os.environ['X']:\n    pgtrigger.register(KEEP)(A)",
        "PGT002",
        "condition that is not known",
    ),
}


UNREGISTERED = {
    "at once": "KEEP.register(A)\nKEEP.unregister(A)",
    "another trigger of the name": (
        "KEEP.register(A)\npgtrigger.Protect(name='keep', operation=pgtrigger.Update).unregister(A)"
    ),
    "in a loop": "for model in (A, B):\n    KEEP.register(model)\nKEEP.unregister(A, B)",
    "twice": "KEEP.register(A)\nKEEP.unregister(A)\nKEEP.register(A)\nKEEP.unregister(A)",
}
MODELS = "class A(models.Model): pass\nclass B(models.Model): pass\n"


@pytest.mark.parametrize("body", UNREGISTERED.values(), ids=UNREGISTERED)
def test_a_trigger_that_is_unregistered_again(body: str, tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, f"{HEADER}{MODELS}{body}")

    assert not analysis.triggers
    assert not analysis.unresolved


@pytest.mark.parametrize(
    "body",
    [
        "KEEP.unregister(B)\nKEEP.register(A)",
        "KEEP.register(A)\nKEEP.unregister(A)\nKEEP.register(A)",
        "pgtrigger.register(KEEP)(A)\nOTHER.register(A)\nOTHER.unregister(A)",
    ],
)
def test_what_is_not_taken_back_by_unregister(body: str, tmp_path: Path) -> None:
    other = "OTHER = pgtrigger.Protect(name='other', operation=pgtrigger.Delete)\n"
    found = _trigger(analyzed(tmp_path, f"{HEADER}{MODELS}{other}{body}"))
    assert found.uri == "shop.A:keep"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("with KEEP.unregister(A):\n    pass", "what `unregister` returns"),
        ("taken = KEEP.unregister(A)", "what `unregister` returns"),
        ("if os.environ['X']:\n    KEEP.unregister(A)", "condition that is not known"),
        ("KEEP.unregister(os.environ['X'])", "`X`"),
    ],
)
def test_an_unregister_that_is_not_followed(body: str, reason: str, tmp_path: Path) -> None:
    """The trigger may be there or not: nothing may be taken for removed."""
    found = analyzed(tmp_path, f"{HEADER}{MODELS}KEEP.register(A)\n{body}")

    assert [trigger.uri for trigger in found.triggers] == ["shop.A:keep"]
    assert any(reason in item.reason for item in found.unresolved)


@pytest.mark.parametrize(("body", "code", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compiled(body: str, code: str, reason: str, tmp_path: Path) -> None:
    found = _refused(tmp_path, body)

    assert CODES[found.cause] == code
    assert reason in found.reason


def test_a_refusal_leads_from_the_declaration_to_the_expression(tmp_path: Path) -> None:
    found = _refused(
        tmp_path,
        "def name():\n    return os.environ['X']\n\ndef make():\n    return pgtrigger.Protect(name=name(), operation=pgtrigger.Delete)\n\n"
        + META
        + "[make()]",
    )

    assert _line(found) == "return os.environ['X']"
    lines = [
        Path(note.span.path).read_text().splitlines()[note.span.line - 1].strip()
        for note in found.notes
        if note.span
    ]
    assert lines[:2] == [
        "return pgtrigger.Protect(name=name(), operation=pgtrigger.Delete)",
        "triggers = [make()]",
    ]


def test_one_unknown_among_known_ones_leaves_them(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, HEADER + META + "[KEEP, os.environ['X'], *os.environ['Y']]")

    assert [trigger.uri for trigger in analysis.triggers] == ["shop.A:keep"]
    assert [found.reason.split("`")[1] for found in analysis.unresolved] == ["X", "Y"]


def test_a_field_that_is_not_known_is_refused_only_where_it_matters(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        HEADER
        + "from elsewhere import Odd\nclass A(models.Model):\n    odd = Odd()\n    plain = models.TextField()\n    class Meta:\n"
        "        triggers = [KEEP, pgtrigger.ReadOnly(name='plain', fields=['plain']), pgtrigger.ReadOnly(name='odd', fields=['odd'])]",
    )

    assert [trigger.name for trigger in analysis.triggers] == ["keep", "plain"]
    (refused,) = analysis.unresolved
    assert refused.uri == "shop.A:odd"
    assert refused.reason.startswith("field `A.odd` is not known")
