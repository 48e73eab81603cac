"""The miniature Django projects of `fixtures/projects`, and those that tests write."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgtrigger_codegen.analysis import Analysis

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECTS = REPOSITORY / "fixtures" / "projects"

ALL = ("shop", "split_settings", "adopted", "cookbook", "broken")
# All but the one that is broken on purpose: a real Django starts on these.
WORKING = tuple(name for name in ALL if name != "broken")
# What the evaluator follows and refuses, compared by a test of its own.
EVALUATION = "evaluation"

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "pgtrigger", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}
USE_TZ = True
"""
"""Of a project that a test writes, unless the test has its own."""
_MANAGE = """
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Writes files by their paths in a folder, with the folders that they are in."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return root


def write_project(
    root: Path,
    models: str | None = None,
    files: Mapping[str, str] = {},
    *,
    packages: Iterable[str] = ("shop",),
) -> Path:
    """Writes a project with `manage.py` and `settings.py`.

    Args:
        root: The project's folder.
        models: The text of `shop/models.py`, if there is to be one.
        files: Further files by path, also in place of the two.
        packages: Folders that get an `__init__.py`.
    """
    texts = {"manage.py": _MANAGE, "settings.py": SETTINGS}
    texts |= {f"{package}/__init__.py": "" for package in packages}
    if models is not None:
        texts["shop/models.py"] = models
    return write_files(root, texts | dict(files))


def analyzed(root: Path, models: str, files: Mapping[str, str] = {}) -> Analysis:
    """What becomes of such a project."""
    # Tests of what needs no Django write files too, where there is none.
    from pgtrigger_codegen.pipeline import analyze

    return analyze(write_project(root, models, files))


_SMALL = {
    "manage.py": """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
""",
    "shop/__init__.py": "",
    "shop/settings.py": """\
INSTALLED_APPS = ["pgtrigger", "shop.catalog"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGTRIGGER_MIGRATIONS = False
""",
    "shop/catalog/__init__.py": "",
    "shop/catalog/models.py": """\
import pgtrigger
from django.db import models


class Archivable(models.Model):
    is_archived = models.BooleanField(default=False)

    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="archived", operation=pgtrigger.Delete)]


class Product(Archivable):
    title = models.CharField(max_length=120)

    class Meta(Archivable.Meta):
        triggers = [
            *Archivable.Meta.triggers,
            pgtrigger.ReadOnly(name="fixed_title", fields=["title"]),
        ]


class Price(Archivable):
    amount = models.IntegerField()

    class Meta:
        ordering = ["amount"]
""",
    "shop/catalog/migrations/__init__.py": "",
    "shop/catalog/migrations/0001_initial.py": """\
from django.db import migrations, models

_FIELDS = [
    ("id", models.BigAutoField(primary_key=True)),
    ("is_archived", models.BooleanField(default=False)),
]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Product", [*_FIELDS, ("title", models.CharField(max_length=120))]),
        migrations.CreateModel("Price", [*_FIELDS, ("amount", models.IntegerField())]),
    ]
""",
}


def small_project(parent: Path) -> Path:
    """Writes a small one of the shop's layout into `parent`, read in a tenth of the shop's time.

    It has triggers, no migrations of them, and one finding (PGT103).
    """
    return write_files(parent / "small", _SMALL)


def copy_project(name: str, parent: Path) -> Path:
    """Copies a project into `parent`, without its expected output, and returns the copy."""
    ignored = shutil.ignore_patterns("expected", "__pycache__")
    return Path(shutil.copytree(PROJECTS / name, parent / name, ignore=ignored))


def expected_file(project: str, name: str) -> Path:
    return PROJECTS / project / "expected" / name
