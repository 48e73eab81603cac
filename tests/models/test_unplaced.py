"""Classes of a model's name whose bases are not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.projects import analyzed

MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Context", [("id", models.AutoField(primary_key=True))])]
"""
MODELS = """
import contextlib
import pgtrigger
from django.db import models
from elsewhere import Mixin

class Context(models.Model):
    pass
"""


@pytest.mark.parametrize(
    ("bases", "is_told"), [("contextlib.ContextDecorator", False), ("Mixin", True)]
)
def test_a_class_of_a_models_name_that_is_none(tmp_path: Path, bases: str, is_told: bool) -> None:
    files = {
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": MIGRATION,
        "shop/runtime.py": f"import contextlib\nimport pgtrigger\nfrom elsewhere import Mixin\n\n"
        f"class context({bases}):\n    pass\n",
    }
    models = MODELS + "import shop.runtime\n"
    found = analyzed(tmp_path, models, files)

    assert bool(found.models.unplaced) == is_told
