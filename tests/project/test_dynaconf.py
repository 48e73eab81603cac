"""Settings that dynaconf sets are not read, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.errors import ProjectError
from pgtrigger_codegen.pipeline import analyze
from tests.support.projects import SETTINGS, write_project

MODELS = """
import pgtrigger
from django.conf import settings
from django.db import models

class Order(models.Model):
    class Meta:
        triggers = [
            pgtrigger.Protect(name=f"mode_{settings.MODE}", operation=pgtrigger.Delete),
            pgtrigger.Protect(name="plain", operation=pgtrigger.Delete),
        ]
"""
LOADS = """
import dynaconf
settings = dynaconf.DjangoDynaconf(__name__, environments=True)
"""


@pytest.mark.parametrize(
    "loads", [LOADS, "from dynaconf import DjangoDynaconf\nDjangoDynaconf(__name__)\n"]
)
def test_there_may_be_more_settings(tmp_path: Path, loads: str) -> None:
    found = analyze(write_project(tmp_path, MODELS, {"settings.py": SETTINGS + loads}))

    assert [one.name for one in found.triggers] == ["plain"]
    assert any("dynaconf" in gap.reason for gap in found.certificate.gaps)


def test_the_apps_are_not_known_where_it_sets_them(tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS, {"settings.py": LOADS})

    with pytest.raises(ProjectError, match="what dynaconf sets"):
        analyze(root)
