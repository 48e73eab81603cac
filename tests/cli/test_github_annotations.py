"""`makemigrations --check --output-format github`: where a reviewer sees what is missing."""

from __future__ import annotations

from pathlib import Path

from tests.support.cli import Outcome, run_cli
from tests.support.git_project import PROTECT, STAMP, GitProject

_UNREADABLE = "pgtrigger.Protect(name=__import__('random').random(), operation=pgtrigger.Delete)"


def _annotations(root: Path) -> Outcome:
    return run_cli(root, "makemigrations", "--check", "--output-format", "github")


def test_a_new_trigger_is_annotated_where_it_is_declared(tmp_path: Path) -> None:
    project = GitProject(tmp_path)
    project.declare(PROTECT)
    outcome = _annotations(tmp_path)

    assert outcome.exit_code == 1
    assert outcome.stdout == (
        "::error title=Missing trigger migration,file=shop/models.py,line=10,endLine=10,"
        "col=13,endColumn=74::shop/models.py:10:13: Add trigger shop.Order:protect: run "
        "`pgtrigger-codegen makemigrations shop`\n"
    )


def test_a_trigger_that_is_gone_has_no_line(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, STAMP)
    project.declare(PROTECT)
    outcome = _annotations(tmp_path)

    assert outcome.exit_code == 1
    assert outcome.stdout == (
        "::error title=Missing trigger migration::Remove trigger shop.Order:stamp: run "
        "`pgtrigger-codegen makemigrations shop`\n"
    )


def test_paths_are_those_of_the_repository(tmp_path: Path) -> None:
    project = GitProject(tmp_path)
    project.declare(PROTECT)
    (tmp_path / "backend").mkdir()
    for name in ("manage.py", "settings.py", "shop"):
        (tmp_path / name).rename(tmp_path / "backend" / name)

    assert "file=backend/shop/models.py,line=10" in _annotations(tmp_path / "backend").stdout


def test_nothing_is_annotated_where_nothing_is_missing(tmp_path: Path) -> None:
    GitProject(tmp_path, PROTECT)
    outcome = _annotations(tmp_path)

    assert (outcome.exit_code, outcome.stdout) == (0, "")


def test_what_was_not_read_is_annotated(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(_UNREADABLE)
    outcome = _annotations(tmp_path)

    assert outcome.exit_code == 2
    assert "::error title=Trigger not read,file=shop/models.py,line=10," in outcome.stdout
