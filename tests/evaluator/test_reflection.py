# ruff: noqa: E501  (one case, one line)
from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluator.code import execute

MODELS = """
import importlib, os, types
from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string
import elsewhere

class Plain: pass
class Base(models.Model):
    x = models.IntegerField()
    class Meta:
        abstract = True
    @staticmethod
    def fixed(): return "fixed"
    @classmethod
    def named(cls): return cls.__name__
    @property
    def made(self): return 1
class Child(Base):
    y = models.TextField(max_length=os.environ["X"], help_text=os.environ["X"])
class Doubtful(elsewhere.Mixin, models.Model): pass
"""

KNOWN = {
    "a subclass": ("issubclass(Child, Base)", True),
    "no subclass": ("issubclass(Base, Child)", False),
    "a subclass of several": ("issubclass(Child, (Plain, Base))", True),
    "an attribute of a model": ("hasattr(Child, 'y')", True),
    "no attribute of a model": ("hasattr(Child, 'nothing')", False),
    "a default for a model": ("getattr(Child, 'nothing', 'd')", "d"),
    "the class of a model": ("isinstance(Child, Plain)", False),
    "a setting": ("getattr(settings, 'ONE', 0)", 1),
    "no setting": ("getattr(settings, 'TWO', 'd')", "d"),
    "whether a setting": ("(hasattr(settings, 'ONE'), hasattr(settings, 'TWO'))", (True, False)),
    "names of a model": (
        "Child.__name__ + Child.__qualname__ + Child.__module__",
        "ChildChildmain",
    ),
    "a static method": ("Child.fixed()", "fixed"),
    "a class method": ("Child.named()", "Child"),
    "a field's name by deconstruct": ("Child.x.field.get_internal_type()", "IntegerField"),
    "a module by call": ("importlib.import_module('m').x", 5),
    "a name by call": ("import_string('m.x')", 5),
    "a relative module by call": ("importlib.import_module('.m', 'p').x", 6),
    "attributes of a namespace": ("types.SimpleNamespace(a=1).a", 1),
    "no attribute of a plain object": ("hasattr(Plain(), 'x')", False),
    "a default for a plain object": ("getattr(Plain(), 'x', None)", None),
}


@pytest.mark.parametrize(("expression", "value"), KNOWN.values(), ids=KNOWN)
def test_what_is_known_of_classes(expression: str, value: object, tmp_path: Path) -> None:
    files = {"m.py": "x = 5", "p/__init__.py": "", "p/m.py": "x = 6"}
    ours = execute(tmp_path, f"{MODELS}\na = {expression}", files=files, settings={"ONE": 1})

    assert ours["a"] == value


REFUSED = {
    "an instance of a model": ("Child()", "instance of a model"),
    "an instance test": ("isinstance(1, Child)", "instance of a model"),
    "the class of a doubtful model": ("isinstance(Doubtful, Plain)", "class of"),
    "one argument": ("isinstance(1)", "takes 2 arguments"),
    "an attribute of a doubtful model": ("hasattr(Doubtful, 'x')", "elsewhere"),
    "a default for a doubtful model": ("getattr(Doubtful, 'x', 1)", "elsewhere"),
    "an unknown name": ("getattr(Plain, os.environ['X'])", "`X` is not pinned"),
    "no name": ("getattr(Plain, 5)", "name is not known"),
    "a property of a model": ("Child.made", "is a property"),
    "no attribute of a model": ("Child.nothing", "is not evaluated"),
    "an unknown part of a field": ("Child.y.field.max_length + 1", "`X` is not pinned"),
    "an unknown text of a field": ("Child.y.field.help_text.upper()", "`X` is not pinned"),
    "super outside": ("super().x", "outside a method"),
    "an unknown module": ("importlib.import_module(os.environ['X'])", "`X` is not pinned"),
    "an unknown string": ("import_string(os.environ['X'])", "`X` is not pinned"),
    "a module that is not there": ("importlib.import_module('nowhere')", "nowhere"),
    "an iterated model": ("list(Child)", "the model `Child`"),
    "a sum with a model": ("Child + 1", "`+` on the model `Child`"),
    "a negated model": ("-Child", "an operator on the model `Child`"),
    "an item of a model": ("Child['x']", "an item of the model `Child`"),
    "a model as text": ("f'{Child}'", "no text of its own"),
    "a model in a set's text": ("str([Child])", "no text of its own"),
    "a called module": ("models()", "the module `django.db.models`"),
    "a model given to a call": ("len(Child)", "the model `Child`"),
}


@pytest.mark.parametrize(("expression", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_known_of_classes(expression: str, reason: str, tmp_path: Path) -> None:
    assert reason in execute(tmp_path, f"{MODELS}\na = {expression}").refusal("a")[0]


FIELDS = {
    "a column": ("models.TextField(db_column=os.environ['X'])", "`X` is not pinned"),
    "a key": ("models.TextField(primary_key=os.environ['X'])", "`X` is not pinned"),
    "a target": ("models.ForeignKey(os.environ['X'], models.CASCADE)", "`X` is not pinned"),
    "a class": ("elsewhere.Field()", "calls `elsewhere.Field`"),
    "an error": ("models.DecimalField(max_length='x', nothing=1)", "raises TypeError"),
}


@pytest.mark.parametrize(("expression", "reason"), FIELDS.values(), ids=FIELDS)
def test_a_field_whose_column_is_not_known(expression: str, reason: str, tmp_path: Path) -> None:
    assert reason in execute(tmp_path, f"{MODELS}\na = {expression}").refusal("a")[0]


@pytest.mark.parametrize("name", ["default", "help_text", "validators", "choices", "max_length"])
def test_a_field_is_made_without_what_does_not_decide_its_column(name: str, tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        f"{MODELS}\na = models.CharField(null=True, {name}=os.environ['X'])\nb = a.{name}\nc = a.null",
    )

    assert ours["c"] is True
    assert ours.refusal("b")[1] == "os.environ['X']"
