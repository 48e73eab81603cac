from __future__ import annotations

from pathlib import Path

from tests.support.projects import analyzed

MODELS = """
import pgtrigger
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Note(models.Model):
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveIntegerField()
    subject = GenericForeignKey("content_type", "object_id")
    answers = GenericRelation("shop.Note")
    text = models.TextField()

    class Meta:
        triggers = [pgtrigger.ReadOnly(name="stays", exclude=["text"])]
"""


def test_generic_relations_are_not_among_the_fields_of_a_row(tmp_path: Path) -> None:
    (trigger,) = analyzed(tmp_path, MODELS).triggers

    assert trigger.columns == ("content_type_id", "id", "object_id")
