"""`convert` as a command: what it prints, what it refuses, how it ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.migrations.conversion.histories import contents, copy_history, migrations_of
from tests.support.cli import run_cli
from tests.support.projects import copy_project

RELEASE = "django_pgtrigger_4_17"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project under version control."""
    root = copy_history(RELEASE, tmp_path)
    for arguments in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "all"),
    ):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)
    return root


def test_json(project: Path) -> None:
    outcome = run_cli(project, "convert", "--output-format", "json")
    document = outcome.data

    assert outcome.exit_code == 0
    assert [len(entry["operations"]) for entry in document["converted"]] == [4, 4, 4]
    assert document["converted"][0]["operations"][0] == {
        "kind": "add",
        "uri": "ledger.Draft:no_empty",
        "line": 36,
        "column": 9,
    }
    assert document["left"] == [
        {"setting": "PGTRIGGER_MIGRATIONS", "value": False, "path": "bank/settings.py"}
    ]
    assert (document["obstacles"], document["pending"]) == ([], False)


@pytest.mark.parametrize(("option", "code"), [("--check", 1), ("--diff", 0), ("--dry-run", 0)])
def test_what_writes_nothing(project: Path, option: str, code: int) -> None:
    before = contents(project)

    assert run_cli(project, "convert", option).exit_code == code
    assert contents(project) == before


def test_diff_applies(project: Path) -> None:
    diff = run_cli(project, "convert", "--diff").stdout
    subprocess.run(["git", "-C", str(project), "apply"], input=diff, text=True, check=True)
    applied = contents(project)

    subprocess.run(["git", "-C", str(project), "checkout", "-q", "."], check=True)
    assert run_cli(project, "convert").exit_code == 0
    assert contents(project) == applied


def test_check_is_content_once_all_is_converted(project: Path) -> None:
    assert run_cli(project, "convert").exit_code == 0
    outcome = run_cli(project, "convert", "--check")

    assert outcome.exit_code == 0
    assert outcome.stdout.startswith("Nothing to convert\nLeft to do: set PGTRIGGER_MIGRATIONS")


def test_settings_are_edited_only_when_asked(project: Path) -> None:
    settings = project / "bank" / "settings.py"
    before = settings.read_text()
    run_cli(project, "convert")
    assert settings.read_text() == before

    run_cli(project, "convert", "--settings", "--allow-dirty")
    assert settings.read_text() == f"{before}PGTRIGGER_MIGRATIONS = False\n"


def test_a_dirty_work_tree_is_refused(project: Path) -> None:
    settings = project / "bank" / "settings.py"
    settings.write_text(f"{settings.read_text()}\n")
    before = contents(project)
    refused = run_cli(project, "convert")

    assert refused.exit_code == 2
    assert "not committed: bank/settings.py" in refused.stderr
    assert contents(project) == before
    assert run_cli(project, "convert", "--allow-dirty").exit_code == 0


def test_an_edit_made_meanwhile_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = next(migrations_of(project).glob("0002*"))
    before = contents(project)

    def edit(*arguments: object) -> None:
        edited.write_text("# edited by somebody\n")

    monkeypatch.setattr("pgtrigger_codegen.cli.convert.require_clean", edit)
    refused = run_cli(project, "convert")

    assert refused.exit_code == 2
    assert f"{edited.name} was changed by somebody else" in refused.stderr
    name = edited.relative_to(project).as_posix()
    assert contents(project) == {**before, name: "# edited by somebody\n"}


def test_an_untracked_migration_is_refused(project: Path) -> None:
    name = next(migrations_of(project).glob("0003*")).relative_to(project).as_posix()
    subprocess.run(["git", "-C", str(project), "rm", "-q", "--cached", name], check=True)
    outcome = run_cli(project, "convert")

    assert outcome.exit_code == 2
    assert name in outcome.stderr


def test_without_version_control_it_is_refused(tmp_path: Path) -> None:
    outcome = run_cli(copy_history(RELEASE, tmp_path), "convert")

    assert outcome.exit_code == 2
    assert "not in a git repository" in outcome.stderr


def test_an_unknown_app(project: Path) -> None:
    outcome = run_cli(project, "convert", "nowhere")

    assert outcome.exit_code == 2
    assert "no app of the project has the label 'nowhere'" in outcome.stderr
    assert "help: apps of the project: " in outcome.stderr


def test_line_ends_stay(project: Path) -> None:
    path = migrations_of(project) / "0001_initial.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run_cli(project, "convert", "--allow-dirty").exit_code == 0

    data = path.read_bytes()
    assert b"RunSQL" in data
    assert data.count(b"\r\n") == data.count(b"\n")


def test_settings_in_another_encoding_stay_in_it(tmp_path: Path) -> None:
    root = copy_project("adopted", tmp_path)
    settings = root / "library/settings.py"
    text = f"# coding: latin-1\nNAME = 'é'\n{settings.read_text()}"
    settings.write_bytes(text.encode("latin-1"))
    outcome = run_cli(root, "convert", "--settings", "--allow-dirty")

    assert outcome.exit_code == 0, outcome.stderr
    assert settings.read_bytes().decode("latin-1").startswith("# coding: latin-1\nNAME = 'é'\n")
    assert "PGTRIGGER_MIGRATIONS = False" in settings.read_bytes().decode("latin-1")
