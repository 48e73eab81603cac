"""Converted histories on a real server, against the originals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.migrations.conversion.histories import COMPILED, copy_history
from tests.support.catalog import installed_triggers
from tests.support.cli import run_cli
from tests.support.django_process import DjangoProject

pytestmark = pytest.mark.slow


def _convert(project: Path) -> None:
    outcome = run_cli(project, "convert", "--allow-dirty", "--settings")
    assert outcome.exit_code == 0, outcome.stderr


# What the releases between these record is the same: see test_converter.py.
@pytest.mark.parametrize("release", [COMPILED[0], COMPILED[-1]])
def test_a_migrated_database_needs_nothing_more(
    release: str, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    project = copy_history(release, tmp_path)
    before = DjangoProject(project, new_database())
    before.manage("migrate", "--verbosity", "0")
    original = installed_triggers(str(before.dsn))

    _convert(project)

    assert "No planned migration operations" in before.manage("migrate", "--plan")
    assert "No changes detected" in before.manage("makemigrations", "--check", "--dry-run")
    assert run_cli(project, "makemigrations", "--check").exit_code == 0
    assert before.manage("pgtrigger", "ls").count("INSTALLED") == 4

    after = DjangoProject(project, new_database())
    after.manage("migrate", "--verbosity", "0")
    assert len(original) == 4
    assert installed_triggers(str(after.dsn)) == original
    after.manage("migrate", "ledger", "0002", "--verbosity", "0")
    assert ("public.ledger_draft", "pgtrigger_no_empty_d7423") in installed_triggers(str(after.dsn))
    after.manage("migrate", "ledger", "zero", "--verbosity", "0")
    assert installed_triggers(str(after.dsn)) == {}
    after.manage("migrate", "--verbosity", "0")
    assert installed_triggers(str(after.dsn)) == original
