"""Fields that a project changes, or makes models of, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed, write_project

MODELS = """
    from typing import Literal, get_args

    import pgtrigger
    from django.core.serializers.json import DjangoJSONEncoder
    from django.db import models
    from django.db.models.query_utils import DeferredAttribute
    from django.utils.translation import gettext


    class Watched(DeferredAttribute):
        def __get__(self, instance, cls=None):
            raise ValueError


    class WatchedField(models.IntegerField):
        descriptor_class = Watched


    class EncodedField(models.JSONField):
        def __new__(cls, *args, **kwargs):
            return super().__new__(cls)


    class Label(models.Model):
        text = models.CharField(max_length=10)

        class Meta:
            abstract = True


    class LabelsField(models.ManyToManyField):
        def __init__(self, *args, **kwargs):
            kwargs["to"] = "-"
            kwargs.setdefault("help_text", gettext("labels"))
            super().__init__(*args, **kwargs)

        def contribute_to_class(self, cls, name):
            made = type(
                f"{cls._meta.object_name}{name.title()}", (Label,), {"__module__": cls.__module__}
            )
            made._meta.verbose_name = f"{cls._meta.verbose_name} {name}"
            self.remote_field.model = made
            super().contribute_to_class(cls, name)


    def optional(field):
        field.null = True
        field.help_text = "no longer needed"
        return field


    KIND = Literal["a", "b"]


    class Parcel(models.Model):
        weight = WatchedField()
        size = optional(models.IntegerField())
        kind = models.CharField(max_length=1, choices=[(name, name) for name in get_args(KIND)])
        content = EncodedField(encoder=DjangoJSONEncoder)
        labels = LabelsField()

        class Meta:
            triggers = [
                pgtrigger.Protect(
                    name="null",
                    operation=pgtrigger.Update,
                    condition=~pgtrigger.Q(old__size=pgtrigger.F("new__size")),
                ),
                pgtrigger.ReadOnly(name="all", exclude=["size"]),
            ]


    pgtrigger.register(pgtrigger.Protect(name="labels", operation=pgtrigger.Delete))(
        Parcel.labels.through
    )
"""


def test_fields_that_are_changed_are_those_of_django(tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS)
    analysis = analyze(root)

    assert [one.reason for one in analysis.unresolved] == []
    theirs = registered_triggers(DjangoProject(root))
    assert len(theirs) == 3
    assert [(one.uri, one.table, one.hash) for one in analysis.triggers] == [
        (one.uri, one.table, one.hash) for one in theirs
    ]
    assert not analysis.certificate.gaps


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("field.null = True", "field.null = unknown()"),
        ("field.null = True", "field.db_column = 'other'"),
        ("field.null = True", "if unknown():\n            field.null = True"),
        ("self.remote_field.model = made", "self.remote_field.through = made"),
        ("self.remote_field.model = made", "self.remote_field.model = unknown()"),
    ],
)
def test_changes_that_are_not_followed_are_named(tmp_path: Path, old: str, new: str) -> None:
    text = f"    from elsewhere import unknown\n{MODELS.replace(old, new)}"
    found = analyzed(tmp_path, text)

    assert "shop.Parcel:null" not in {one.uri for one in found.triggers}
    assert found.unresolved
