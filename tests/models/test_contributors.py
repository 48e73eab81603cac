"""What registers triggers as it is added to a model, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed, write_project

_HEAD = """
import pgtrigger
from django.db import models
from django.db.models.signals import class_prepared


def forbid(model, name):
    pgtrigger.register(pgtrigger.Protect(name=name, operation=pgtrigger.Delete))(model)


"""
_PLAIN = """
class Sealed:
    def contribute_to_class(self, cls, name):
        forbid(cls, f"{name}_of_{cls.__name__.lower()}")
        setattr(cls, name, self)


class Quiet:
    def contribute_to_class(self, cls, name):
        setattr(cls, name, self)


class Base(models.Model):
    quiet = Quiet()

    class Meta:
        abstract = True


class Order(Base):
    seal = Sealed()
"""


def test_an_object_that_registers_is_called(tmp_path: Path) -> None:
    root = write_project(tmp_path, _HEAD + _PLAIN)
    analysis = analyze(root)
    assert analysis.unresolved == ()
    assert {(one.uri, one.hash) for one in analysis.triggers} == {
        (one.uri, one.hash) for one in registered_triggers(DjangoProject(root))
    }
    assert [one.name for one in analysis.triggers] == ["seal_of_order"]


def test_no_object_beside_the_method_is_asked_for_anything(tmp_path: Path) -> None:
    lazy = """
import os


class Lazy:
    def __getattr__(self, name):
        if os.environ["ASKED"] == "1":
            raise AttributeError(name)
        return os.getcwd()


"""
    body = _PLAIN.replace("\n\nclass Quiet:", "    settings = Lazy()\n\n\nclass Quiet:", 1)
    analysis = analyze(write_project(tmp_path, lazy + _HEAD + body))

    assert analysis.unresolved == ()
    assert [one.name for one in analysis.triggers] == ["seal_of_order"]


@pytest.mark.parametrize(
    ("base", "body"),
    [
        (
            "models.BooleanField",
            (
                "    def contribute_to_class(self, cls, name):\n"
                "        super().contribute_to_class(cls, name)\n        forbid(cls, name)\n"
            ),
        ),
        (
            "models.BooleanField",
            (
                "    def contribute_to_class(self, cls, name):\n"
                "        super().contribute_to_class(cls, name)\n"
                "        class_prepared.connect(self.seal, sender=cls)\n\n"
                "    def seal(self, sender, **kwargs):\n        forbid(sender, self.name)\n"
            ),
        ),
        (
            "models.Manager",
            (
                "    def contribute_to_class(self, cls, name):\n"
                "        super().contribute_to_class(cls, name)\n        forbid(cls, name)\n"
            ),
        ),
    ],
    ids=["field", "signal", "manager"],
)
def test_a_field_or_manager_that_may_register_is_not_passed_over(
    tmp_path: Path, base: str, body: str
) -> None:
    models = f"class Sealed({base}):\n{body}\n\nclass Order(models.Model):\n    seal = Sealed()\n"
    analysis = analyzed(tmp_path, _HEAD + models)
    assert [one.model for one in analysis.unresolved] == ["shop.Order"]
    assert "`Sealed.contribute_to_class` may register triggers" in analysis.unresolved[0].reason


def test_an_inherited_field_adds_itself_to_each_model(tmp_path: Path) -> None:
    models = (
        "class Sealed(models.BooleanField):\n    def contribute_to_class(self, cls, name):\n"
        "        super().contribute_to_class(cls, name)\n        forbid(cls, name)\n\n\n"
        "class Base(models.Model):\n    seal = Sealed()\n\n"
        "    class Meta:\n        abstract = True\n\n\n"
        "class Order(Base):\n    pass\n\n\nclass Line(Base):\n    pass\n"
    )
    analysis = analyzed(tmp_path, _HEAD + models)
    assert {one.model for one in analysis.unresolved} == {"shop.Order", "shop.Line"}
