"""Projects that use django-pghistory, and what their own Django process registers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import write_project

SETTINGS = """
import os

SECRET_KEY = "x"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "pgtrigger",
    "pghistory",
    "shop",
    "stock",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("PGDATABASE", "shop"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGTRIGGER_MIGRATIONS = False
USE_TZ = True
"""
_TABLES = """
import json
from django.apps import apps

print(json.dumps({
    model._meta.label: [
        model._meta.db_table, sorted(f.column for f in model._meta.local_concrete_fields)
    ]
    for label in ("shop", "stock")
    for model in apps.get_app_config(label).get_models()
    if not model._meta.proxy
}))
"""


def write_history_project(
    root: Path, models: str, *, settings: str = "", files: Mapping[str, str] = {}
) -> Path:
    """A project of the apps `shop` and `stock` with these models in `shop`."""
    texts = {
        "settings.py": SETTINGS + settings,
        "stock/__init__.py": "",
        "stock/models.py": "",
        "stock/migrations/__init__.py": "",
        "shop/migrations/__init__.py": "",
        **files,
    }
    return write_project(root, models, texts)


def analyzed(
    root: Path, models: str, *, settings: str = "", files: Mapping[str, str] = {}
) -> Analysis:
    """What becomes of such a project."""
    return analyze(write_history_project(root, models, settings=settings, files=files))


def check_as_django(
    root: Path, models: str, *, settings: str = "", files: Mapping[str, str] = {}
) -> Analysis:
    """Triggers and models are those of the project's own process, and none is missing."""
    analysis = analyzed(root, models, settings=settings, files=files)
    django = DjangoProject(root)
    theirs = registered_triggers(django)

    assert [item.reason for item in analysis.unresolved] == []
    assert theirs, "the project registers nothing to compare with"
    assert [(t.uri, t.pgid, t.hash, t.table, t.class_name) for t in analysis.triggers] == [
        (t.uri, t.pgid, t.hash, t.table, t.class_name) for t in theirs
    ]
    tables = json.loads(django.run(_TABLES))
    assert {
        label: [model.table, sorted(model.columns or ())]
        for label, model in analysis.models.items()
        if model.first_party and model.through_field is None and model.proxy_of is None
    } == tables
    return analysis
