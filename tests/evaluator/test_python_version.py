"""The project's Python decides what `sys.version_info` is, and not the one that runs us."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.source.unread import GapKind
from tests.support.unread import MANAGE, write_files

OURS = sys.version_info[:2]
LATER = (OURS[0], OURS[1] + 1)
MODELS = """
import sys
from sys import version_info

import pgtrigger
from django.db import models

NEW = version_info[:2] >= ({0}, {1}) and version_info.minor >= {1} and sys.version_info >= ({0},)


class Order(models.Model):
    class Meta:
        if NEW:
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
SETTINGS = 'INSTALLED_APPS = ["pgtrigger", "shop"]\n'


def _analysis(root: Path, asked: tuple[int, int], environment: tuple[int, int] | None) -> Analysis:
    files = {
        "manage.py": MANAGE,
        "config/__init__.py": "",
        "config/settings.py": SETTINGS,
        "shop/__init__.py": "",
        "shop/models.py": MODELS.format(*asked),
    }
    if environment is not None:
        version = ".".join(map(str, environment))
        files[".venv/pyvenv.cfg"] = f"home = /usr/bin\nversion = {version}.1\n"
        files[f".venv/lib/python{version}/site-packages/x.py"] = ""
    write_files(root, files)
    return analyze(root)


@pytest.mark.parametrize(
    ("asked", "environment", "found"),
    [(LATER, LATER, 1), (LATER, OURS, 0), (OURS, OURS, 1)],
)
def test_the_environment_says_it(
    tmp_path: Path, asked: tuple[int, int], environment: tuple[int, int], found: int
) -> None:
    analysis = _analysis(tmp_path, asked, environment)
    assert len(analysis.triggers) == found
    assert analysis.assumptions == ()
    assert not analysis.certificate.blocking


def test_without_an_environment_ours_is_assumed_and_hides_a_branch(tmp_path: Path) -> None:
    analysis = _analysis(tmp_path, LATER, None)
    assert {one.name for one in analysis.assumptions} == {"sys.version_info"}
    (gap,) = analysis.certificate.blocking
    assert gap.kind is GapKind.ASSUMED_BRANCH
    assert "sys.version_info" in gap.reason
