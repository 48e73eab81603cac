"""The project's Python decides what `sys.version_info` is, and not the one that runs us."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.source.finder import ModuleFinder
from pgtrigger_codegen.source.unread import GapKind
from tests.evaluator.fake_host import FakeHost
from tests.support.projects import write_files
from tests.support.unread import MANAGE

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


def test_what_the_environment_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    """The micro version of another Python."""
    files = {"a.py": "from sys import version_info as v\n"}
    asked = ["v[2]", "v.micro > 3", "v >= (*v[:2], 2)", "f'{v.micro}'", "str(v)"]
    source = "from a import v\nknown = v > v[:2], v[:2] < v\n" + "".join(
        f"x{number} = {text}\n" for number, text in enumerate(asked)
    )
    for name, text in {**files, "main.py": source}.items():
        (tmp_path / name).write_text(text)
    loader = ModuleLoader(ModuleFinder([tmp_path]), complete=True, python_version=LATER)
    vm = Interpreter(loader, FakeHost({}, {}))
    scope = vm.module("main")
    assert isinstance(scope, Scope)

    assert scope.names["known"] == (True, True)
    for number, text in enumerate(asked):
        value = scope.names[f"x{number}"]
        assert isinstance(value, Unknown) or not isinstance(value, int | str | bool), text
