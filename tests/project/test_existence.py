"""Settings that ask whether a file of the project is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.cli import run_cli
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import SETTINGS, write_project

MODELS = """
import pgtrigger
from django.conf import settings
from django.db import models


class Order(models.Model):
    class Meta:
        triggers = [
            pgtrigger.Protect(name=f"seen_{number}", operation=pgtrigger.Delete)
            for number, seen in enumerate(settings.SEEN) if seen
        ]
"""
ASKED = """
import os
from os.path import exists
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = os.path.dirname(os.path.abspath(__file__))
SEEN = [
    (HERE / "shop").is_dir(),
    (HERE / "shop").is_file(),
    (HERE / "shop").exists(),
    (HERE / "manage.py").is_file(),
    (HERE / "manage.py").is_dir(),
    (HERE / "other.py").exists(),
    os.path.exists(os.path.join(FOLDER, "shop", "models.py")),
    os.path.isfile(os.path.join(FOLDER, "shop")),
    os.path.isdir(os.path.join(FOLDER, "shop")),
    os.path.isfile(os.path.join(FOLDER, ".env")),
    exists(FOLDER),
    (HERE / "shop" / ".." / "settings.py").exists(),
]
"""


def test_files_of_the_project_are_there_or_not(tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS, {"settings.py": SETTINGS + ASKED})
    analysis = analyze(root)
    assert analysis.unresolved == ()
    theirs = registered_triggers(DjangoProject(root))
    assert [t.uri for t in analysis.triggers] == [t.uri for t in theirs] != []
    assumed = {item.name: item.value for item in analysis.assumptions}
    assert assumed["path shop"] == "a folder"
    assert assumed["path manage.py"] == "a file"
    assert assumed["path .env"] == "not there"


def test_apps_that_depend_on_a_file_are_a_gap(tmp_path: Path) -> None:
    local = "from pathlib import Path\nif (Path(__file__).parent / 'local').is_dir():\n"
    text = f"{SETTINGS}\n{local}    INSTALLED_APPS += ['debug']\n"
    root = write_project(tmp_path, "", {"settings.py": text})
    shown = json.loads(run_cli(root, "show", "--output-format", "json").stdout)
    assert [gap["kind"] for gap in shown["gaps"]] == ["assumed-branch"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("HERE.parent / 'x'", "outside of the project"),
        ("HERE / '.git' / 'config'", "`.git` is not looked into"),
        ("HERE / 'out' / 'x'", "leads out of the project"),
        ("Path('x')", "working directory"),
        ("Path('/etc/passwd')", "outside of the project"),
    ],
)
def test_other_paths_are_not_looked_at(tmp_path: Path, path: str, reason: str) -> None:
    text = "from pathlib import Path\nHERE = Path(__file__).resolve().parent\n"
    text += f"SEEN = [({path}).exists()]\n"
    root = write_project(tmp_path / "in", MODELS, {"settings.py": SETTINGS + text})
    (tmp_path / "x").touch()
    (root / "out").symlink_to(tmp_path)
    (item,) = analyze(root).unresolved
    assert reason in item.reason
