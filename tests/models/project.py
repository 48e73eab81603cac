"""A project of one app, `shop`, written into a folder."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.pipeline import analyze

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "pgtrigger", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}
USE_TZ = True
"""
_MANAGE = """
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""


def write_project(root: Path, models: str, files: Mapping[str, str] = {}) -> Path:
    """Writes the project, `shop/models.py` and further files of it."""
    texts = {
        "manage.py": _MANAGE,
        "settings.py": SETTINGS,
        "shop/__init__.py": "",
        "shop/models.py": models,
        **files,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return root


def analyzed(root: Path, models: str, files: Mapping[str, str] = {}) -> Analysis:
    """What becomes of such a project."""
    return analyze(write_project(root, models, files))
