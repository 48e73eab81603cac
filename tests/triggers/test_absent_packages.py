"""What is not installed is told once, with what it costs."""

from __future__ import annotations

from pathlib import Path

from tests.support.cli import run_cli
from tests.support.projects import write_project

_MODELS = """
    import pgtrigger
    from alpha.fields import AlphaField
    from beta import BetaModel
    from django.db import models
    from django.db.models.functions import Unheard


    def forbid(name):
        return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


    class One(models.Model):
        field = AlphaField()

        class Meta:
            triggers = [forbid("one"), pgtrigger.ReadOnly(name="two", fields=["field"])]


    class Other(models.Model):
        field = AlphaField()

        class Meta(BetaModel.Meta):
            pass


    class Third(models.Model):
        class Meta:
            triggers = [pgtrigger.Protect(name=Unheard.name, operation=pgtrigger.Delete)]
"""


def test_packages_that_are_not_installed_are_told_once(tmp_path: Path) -> None:
    outcome = run_cli(write_project(tmp_path, _MODELS), "show")

    [told] = [line for line in outcome.stderr.splitlines() if "not installed" in line]
    assert "2 packages are not installed where pgtrigger-codegen looks" in told
    assert "so 2 declarations of triggers cannot be read: `alpha` (1), `beta` (1)" in told
    assert 'python = ".venv/bin/python" under [tool.pgtrigger-codegen]' in told


def test_nothing_is_told_where_nothing_is_missing(tmp_path: Path) -> None:
    models = _MODELS.replace("AlphaField()", "models.IntegerField()").replace(
        "(BetaModel.Meta)", ""
    )
    outcome = run_cli(write_project(tmp_path, models), "show")

    assert "shop.Third" in outcome.stdout
    assert "not installed" not in outcome.stderr


def test_in_a_known_environment_the_packages_are_missing_there(tmp_path: Path) -> None:
    root = write_project(tmp_path, _MODELS, {".venv/pyvenv.cfg": "version = 3.11.1\n"})
    (root / ".venv/lib/python3.11/site-packages").mkdir(parents=True)
    outcome = run_cli(root, "show")

    [told] = [line for line in outcome.stderr.splitlines() if "not installed" in line]
    assert "in the project's environment" in told
    assert told.endswith("install what is missing there")
