"""A model that Django is still making is never told apart from the class that is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import run_json
from tests.support.projects import write_project

_MODELS = """
from django.apps import apps
from django.db import models
import pgtrigger

class Tagged(models.Model):
    name = models.CharField(max_length=9)

class Own(models.CharField):
    def contribute_to_class(self, cls, name):
        if {condition}:
            name = "other"
        super().contribute_to_class(cls, name)

class Book(Tagged):
    title = Own(max_length=9)
    note = models.CharField(max_length=9)

PAIRS = dict([(apps.get_model("shop", "Book"), 1)])

{register}
"""


@pytest.mark.parametrize(
    "condition", ["cls is Book", "cls != Book", "cls in [Book]", "Book == cls"]
)
def test_a_model_that_is_being_made_is_not_compared(condition: str, tmp_path: Path) -> None:
    register = "pgtrigger.register(pgtrigger.ReadOnly(name='r'))(Book)"
    write_project(tmp_path, _MODELS.format(condition=condition, register=register))

    shown = run_json(tmp_path, "show")

    assert shown["triggers"] == []
    assert "not complete" in shown["unresolved"][0]["reason"]


@pytest.mark.parametrize(
    "fields",
    [
        "['title'] if PAIRS.get(Book) else ['note']",
        "['title'] if Book.note.field is Book._meta.get_field('note') else ['note']",
        "['title'] if [apps.get_model('shop', 'Book')].count(Book) else ['note']",
    ],
)
def test_what_cannot_be_compared_yet_is_refused(fields: str, tmp_path: Path) -> None:
    register = f"pgtrigger.register(pgtrigger.ReadOnly(name='r', fields={fields}))(Book)"
    write_project(tmp_path, _MODELS.format(condition="False", register=register))

    shown = run_json(tmp_path, "show")

    assert shown["triggers"] == []
    assert shown["unresolved"]
