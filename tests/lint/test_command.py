"""`lint` as a command: the analysis is a literal, files and output are real."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import SyntaxProblem
from pgtrigger_codegen.cli import lint_files
from pgtrigger_codegen.cli.main import main
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.diagnostic import Severity
from pgtrigger_codegen.lint.places.source_text import SourceText
from tests.lint import facts
from tests.lint.commands import FIXED, SOURCE, analyse, lint, lost_triggers


def test_findings_on_stdout_the_rest_on_stderr(models: Path) -> None:
    result = lint()

    assert result.exit_code == 1
    assert result.stdout.startswith("shop/models.py:8:11: PGT103 [*] ")
    assert result.stdout.endswith("Found 1 error, 0 warnings.\n[*] 1 fixable with `--fix`.\n")
    assert result.stderr == "note: No settings\n0 triggers found, 0 read, 0 unresolved\n"


def test_json(models: Path) -> None:
    (found,) = json.loads(lint("--output-format", "json").stdout)

    assert (found["code"], found["path"]) == ("PGT103", "shop/models.py")


def test_fix_writes_the_file_and_lints_again(models: Path) -> None:
    result = lint("--fix")

    assert (result.exit_code, result.stdout) == (0, "Fixed 1, nothing left.\n")
    assert models.read_text() == FIXED


def test_without_fix_nothing_is_written(models: Path) -> None:
    lint()

    assert models.read_text() == SOURCE


def test_files_that_were_not_asked_for_are_not_fixed(models: Path) -> None:
    models.with_name("forms.py").touch()

    result = lint("--fix", "shop/forms.py")

    assert (result.exit_code, result.stdout) == (0, "All checks passed!\n")
    assert models.read_text() == SOURCE


def test_a_fix_that_does_not_help_ends(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = lost_triggers(models)
    analyse(monkeypatch, models.parents[1], lambda: found)

    result = lint("--fix", "--unsafe-fixes")

    assert result.exit_code == 1
    assert "Found 1 error, 0 warnings (10 fixed before)." in result.stdout


def test_a_path_that_does_not_exist(models: Path) -> None:
    with pytest.raises(CodegenError, match=r"gone\.py"):
        lint("gone.py")


def test_a_file_that_cannot_be_written(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    before = models.read_bytes()

    with pytest.raises(CodegenError, match="cannot be written: Permission denied"):
        lint("--fix")

    assert models.read_bytes() == before


@pytest.mark.parametrize("options", [("--fix",), ("--add-ignores",)])
def test_an_edit_made_meanwhile_is_kept(
    models: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    def edit_and_write(root: Path, texts: Mapping[str, SourceText]) -> None:
        if texts:
            models.write_text("# edited by somebody\n")
        lint_files.write_texts(root, texts)

    monkeypatch.setattr("pgtrigger_codegen.cli.lint.write_texts", edit_and_write)

    with pytest.raises(CodegenError, match="was changed by somebody else while this command ran"):
        lint(*options)

    assert models.read_text() == "# edited by somebody\n"


def test_information_alone_is_no_failure(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = SyntaxProblem("expected ':'", facts.span(path=str(models)))
    analyse(monkeypatch, models.parents[1], lambda: {"syntax_problems": (problem,)})
    assert lint().exit_code == 1

    monkeypatch.setattr(
        pipeline,
        "lint",
        lambda *arguments, **options: [facts.finding(facts.span(), severity=Severity.INFO)],
    )

    assert lint().exit_code == 0


@pytest.mark.parametrize("path", ["shop/models.py", "project/shop/models.py"])
def test_paths_start_at_the_project_or_at_the_current_folder(models: Path, path: str) -> None:
    root = models.parents[1]
    (root / "project").symlink_to(root)

    result = CliRunner().invoke(main, ["-C", "project", "lint", "--output-format", "json", path])

    assert [found["code"] for found in json.loads(result.stdout)] == ["PGT103"]


def test_an_error_ends_the_command_with_2(models: Path) -> None:
    result = CliRunner().invoke(main, ["lint", "gone.py"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "gone.py" in result.stderr
