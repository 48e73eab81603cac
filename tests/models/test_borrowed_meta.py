from __future__ import annotations

from pathlib import Path

from tests.support.projects import analyzed

MODELS = """
import pgtrigger
from django.db import models


class Stamped(models.Model):
    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)]


class Order(models.Model):
    # Borrows the Meta of a class that it does not derive from.
    class Meta(Stamped.Meta):
        ordering = ["pk"]
"""


def test_a_meta_borrowed_from_an_abstract_class_makes_nothing_abstract(tmp_path: Path) -> None:
    assert [trigger.uri for trigger in analyzed(tmp_path, MODELS).triggers] == ["shop.Order:stays"]
