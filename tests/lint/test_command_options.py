"""The options of `lint`, one by one; `test_command.py` has what it does without them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from pgtrigger_codegen.analysis import SyntaxProblem
from pgtrigger_codegen.cli import lint as command
from pgtrigger_codegen.cli.main import main
from pgtrigger_codegen.errors import CodegenError, ConfigError
from pgtrigger_codegen.source.span import Span
from tests.lint.commands import FIXED, SILENCED, SOURCE, analyse, lint, lost_triggers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def broken(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another file, which does not parse."""
    path = models.with_name("broken.py")
    path.write_text("class\n")
    problem = SyntaxProblem("expected an indented block", Span(str(path), 1, 1, 1, 6))

    def found() -> dict[str, Any]:
        known = lost_triggers(models)
        read = known["read_files"] | {path}
        return {**known, "syntax_problems": (problem,), "read_files": read}

    analyse(monkeypatch, models.parents[1], found)
    return path


def configure(models: Path, text: str) -> None:
    (models.parents[1] / "pyproject.toml").write_text(text)


def codes(*arguments: str) -> list[str]:
    return [one["code"] for one in json.loads(lint(*arguments, "--output-format=json").stdout)]


# Selection


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["PGT001", "PGT103"]),
        (("--select", "PGT0"), ["PGT001"]),
        (("--select", "PGT0,lost-inherited-triggers"), ["PGT001", "PGT103"]),
        (("--select", "PGT0", "--extend-select", "PGT103"), ["PGT001", "PGT103"]),
        (("--ignore", "PGT103"), ["PGT001"]),
        (("--ignore", "ALL"), []),
    ],
)
def test_selection(broken: Path, arguments: tuple[str, ...], expected: list[str]) -> None:
    assert codes(*arguments) == expected


def test_the_command_line_selects_over_the_configuration(broken: Path) -> None:
    configure(broken, '[tool.pgtrigger-codegen.lint]\nselect = ["PGT001"]')

    assert codes() == ["PGT001"]
    assert codes("--select", "PGT1") == ["PGT103"]


def test_files_and_severities_of_the_configuration(broken: Path) -> None:
    configure(
        broken,
        '[tool.pgtrigger-codegen.lint]\nseverity = { PGT1 = "info" }\n'
        'per-file-ignores = { "broken.py" = ["PGT0"] }',
    )

    result = lint("--output-format", "json")

    assert result.exit_code == 0
    (found,) = json.loads(result.stdout)
    assert (found["code"], found["severity"]) == ("PGT103", "info")


def test_the_command_line_adds_to_the_ignores_of_files(broken: Path) -> None:
    configure(broken, '[tool.pgtrigger-codegen.lint.per-file-ignores]\n"broken.py" = ["PGT0"]')

    assert codes("--per-file-ignores", "*.py:PGT002") == ["PGT103"]
    assert codes("--per-file-ignores", "*.py:PGT002,PGT1") == []
    assert codes("--per-file-ignores", "broken.py:PGT1") == ["PGT103"]


@pytest.mark.parametrize("arguments", [("--unfixable", "PGT1"), ("--fixable", "PGT0,PGT104")])
def test_what_is_not_to_be_fixed(models: Path, arguments: tuple[str, ...]) -> None:
    result = lint("--fix", *arguments)

    assert result.exit_code == 1
    assert "PGT103 `class Meta` of `Order` drops" in result.stdout
    assert "[*]" not in result.stdout
    assert models.read_text() == SOURCE


def test_the_command_line_fixes_over_the_configuration(models: Path) -> None:
    configure(models, '[tool.pgtrigger-codegen.lint]\nunfixable = ["PGT103"]')

    lint("--fix")
    assert models.read_text() == SOURCE

    lint("--fix", "--fixable", "PGT103")
    assert models.read_text() == FIXED


@pytest.mark.parametrize(
    ("severity", "level", "expected"),
    [
        ("warning", "warning", 1),
        ("warning", "error", 0),
        ("error", "error", 1),
        ("info", "warning", 0),
    ],
)
def test_what_it_takes_to_fail(models: Path, severity: str, level: str, expected: int) -> None:
    configure(models, f'[tool.pgtrigger-codegen.lint]\nseverity = {{ PGT1 = "{severity}" }}')

    assert lint("--fail-level", level).exit_code == expected


def test_a_fix_is_a_failure_where_that_is_asked_for(models: Path) -> None:
    assert lint("--fix", "--exit-non-zero-on-fix").exit_code == 1
    assert lint("--fix", "--exit-non-zero-on-fix").exit_code == 0


@pytest.mark.parametrize("option", ["--select", "--extend-select", "--ignore"])
def test_an_unknown_rule(models: Path, option: str) -> None:
    with pytest.raises(CodegenError, match=rf"no rule 'PGT10x' \({option}\)"):
        lint(option, "PGT10x")


def test_errors_of_the_configuration_end_with_2(models: Path) -> None:
    configure(models, '[tool.pgtrigger-codegen.lint]\nselct = ["PGT1"]')

    result = CliRunner().invoke(main, ["lint"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "pyproject.toml:2: unknown key `selct`" in result.stderr
    assert "did you mean `select`?" in result.stderr


# Fixes


def test_a_diff_writes_nothing(models: Path) -> None:
    result = lint("--diff")

    assert result.exit_code == 1
    assert result.stdout.startswith("--- shop/models.py\n+++ shop/models.py\n")
    assert "-    class Meta:\n+    class Meta(Audited.Meta):\n" in result.stdout
    assert "Would fix 1 finding." in result.stderr
    assert models.read_text() == SOURCE


def test_a_diff_of_nothing(models: Path) -> None:
    models.write_text(FIXED)

    result = lint("--fix", "--diff")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "Would fix 0 findings." in result.stderr


def test_fix_only_does_not_report(broken: Path, models: Path) -> None:
    result = lint("--fix-only")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "Fixed 1 finding." in result.stderr
    assert models.read_text() == FIXED


def test_show_fixes(models: Path) -> None:
    result = lint("--fix", "--show-fixes")

    expected = "Fixed in shop/models.py:\n  1 × PGT103 (lost-inherited-triggers)\n"
    assert result.stderr.startswith(expected)


def test_unsafe_fixes_need_to_be_asked_for(models: Path) -> None:
    unsafe = SOURCE.replace("class Meta:\n        ordering", "class Meta(Base):\n        ordering")
    models.write_text(unsafe)

    assert "1 more fixable with `--fix --unsafe-fixes`" in lint("--fix").stdout
    assert models.read_text() == unsafe

    lint("--fix", "--unsafe-fixes")
    assert "class Meta(Base, Audited.Meta):" in models.read_text()


# Comments


def test_a_comment_silences(models: Path) -> None:
    models.write_text(SILENCED)

    assert lint().stdout == "All checks passed!\n"


def test_add_ignores(models: Path) -> None:
    result = lint("--add-ignores")

    assert (result.exit_code, result.stdout) == (0, "All checks passed!\n")
    assert "Silenced 1 finding with comments." in result.stderr
    assert models.read_text() == SILENCED
    assert lint().exit_code == 0


def test_add_ignores_with_a_reason(models: Path) -> None:
    lint("--add-ignores", "--reason", " orders may be changed ")

    silenced = SILENCED.replace("ignore[PGT103]", "ignore[PGT103] orders may be changed")
    assert models.read_text() == silenced
    assert lint().exit_code == 0


def test_what_no_comment_can_silence_is_reported(broken: Path) -> None:
    result = lint("--add-ignores", "--output-format", "concise")

    assert result.exit_code == 1
    assert [line.split()[1] for line in result.stdout.splitlines()[:-1]] == ["PGT001"]


def test_an_unused_comment_is_taken_out(models: Path) -> None:
    models.write_text(SILENCED.replace("PGT103", "PGT104"))

    result = lint("--fix")

    assert result.stdout == "Fixed 2, nothing left.\n"
    assert models.read_text() == FIXED


# Baselines


def test_a_report_goes_through_no_link_out_of_the_project(models: Path) -> None:
    outside = models.parents[2] / "outside"
    outside.write_text("mine")
    (models.parents[1] / "report.txt").symlink_to(outside)

    with pytest.raises(CodegenError, match=r"report.txt is not written: a link .* leads to"):
        lint("--output-file", "report.txt")

    assert outside.read_text() == "mine"


def test_a_report_goes_where_the_shell_leads(models: Path) -> None:
    target = models.parents[2] / "redirected"
    handle = os.open(target, os.O_WRONLY | os.O_CREAT)
    try:
        lint("--output-file", f"/dev/fd/{handle}")
        os.write(handle, b"")
        there = os.fstat(handle).st_ino
    finally:
        os.close(handle)

    assert target.stat().st_ino == there
    assert "PGT103" in target.read_text()


def test_the_repository_does_not_say_that_a_file_elsewhere_is_written(models: Path) -> None:
    outside = models.parents[2] / "outside.json"
    pyproject = models.parents[1] / "pyproject.toml"
    pyproject.write_text(f'[tool.pgtrigger-codegen.lint]\nbaseline = "{outside}"\n')

    with pytest.raises(CodegenError, match=r"outside.json lies outside of the project"):
        lint("--write-baseline")
    assert not outside.exists()

    lint("--write-baseline", "--baseline", str(outside))
    assert outside.exists()


def test_a_baseline_silences_what_it_knows(models: Path, broken: Path) -> None:
    written = lint("--select", "PGT103", "--baseline", "known.json", "--write-baseline")
    assert (written.exit_code, written.stdout) == (0, "")
    assert "Wrote 1 finding to " in written.stderr

    models.write_text("\n\n" + SOURCE)
    assert codes("--baseline", "known.json") == ["PGT001"]


def test_fixes_leave_known_findings_alone(models: Path) -> None:
    lint("--baseline", "known.json", "--write-baseline")

    assert lint("--baseline", "known.json", "--fix").exit_code == 0
    assert models.read_text() == SOURCE


def test_stale_entries_are_named(models: Path) -> None:
    lint("--baseline", "known.json", "--write-baseline")
    models.write_text(FIXED)

    result = lint("--baseline", "known.json")

    assert (result.exit_code, result.stdout) == (0, "All checks passed!\n")
    assert re.search(
        r"stale in \S+known\.json: shop/models\.py: PGT103 `class Meta`", result.stderr
    )
    assert "--write-baseline takes them out" in result.stderr


@pytest.mark.parametrize("arguments", [("shop/other.py",), ("--ignore", "PGT103")])
def test_what_was_not_checked_is_not_stale(models: Path, arguments: tuple[str, ...]) -> None:
    lint("--baseline", "known.json", "--write-baseline")
    models.with_name("other.py").touch()
    models.write_text(FIXED)

    result = lint("--baseline", "known.json", *arguments)

    assert result.exit_code == 0
    assert "stale" not in result.stderr


def test_writing_of_a_part_keeps_the_rest(models: Path, broken: Path) -> None:
    path = models.parents[1] / "known.json"
    lint("--baseline", "known.json", "--write-baseline")
    models.write_text(FIXED)

    lint("--baseline", "known.json", "--write-baseline", "--select", "PGT0")
    assert {entry["code"] for entry in entries(path)} == {"PGT001", "PGT103"}

    lint("--baseline", "known.json", "--write-baseline")
    assert {entry["code"] for entry in entries(path)} == {"PGT001"}


def test_a_baseline_of_the_configuration(models: Path) -> None:
    configure(models, '[tool.pgtrigger-codegen.lint]\nbaseline = "known.json"')
    with pytest.raises(ConfigError, match=r"baseline .*known\.json cannot be read: No such file"):
        lint()

    lint("--write-baseline")

    assert lint().exit_code == 0


def test_a_baseline_that_is_none(models: Path) -> None:
    Path("known.json").write_bytes(b"\xff")

    with pytest.raises(ConfigError, match="is not UTF-8"):
        lint("--baseline", "known.json")


def entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["findings"]
    return found


# Output


def test_an_output_file(models: Path) -> None:
    result = lint("--output-format", "json", "--output-file", "report.json")

    assert (result.exit_code, result.stdout) == (1, "")
    (found,) = json.loads(Path("report.json").read_text())
    assert found["code"] == "PGT103"


def test_an_output_file_that_cannot_be_written(models: Path) -> None:
    with pytest.raises(CodegenError, match=r"cannot be written: No such file or directory"):
        lint("--output-file", "gone/report.txt")


def test_statistics(models: Path) -> None:
    assert lint("--statistics").stdout.startswith("1  PGT103  [*] lost-inherited-triggers\n")


def test_statistics_have_no_form_for_some_formats(models: Path) -> None:
    result = lint("--statistics", "--output-format", "sarif")

    assert result.exit_code == 2
    assert "--statistics does not support --output-format sarif" in result.stderr


def test_github_actions_get_their_format(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert lint().stdout.startswith("::error title=PGT103 ")
    assert lint("--output-format", "concise").stdout.startswith("shop/models.py:8:11: ")
    lint("--output-file", "report.txt")
    assert Path("report.txt").read_text().startswith("shop/models.py:8:11: ")


@pytest.fixture
def repository(models: Path) -> Iterator[Path]:
    """The folder around the project as a git repository; other tests have theirs beside it."""
    git = models.parents[2] / ".git"
    git.mkdir()
    yield models.parents[2]
    git.rmdir()


@pytest.mark.usefixtures("repository")
def test_code_hosts_get_paths_from_the_root_of_the_repository(models: Path) -> None:
    folder = models.parents[1].name

    (found,) = json.loads(lint("--output-format", "gitlab").stdout)
    assert found["location"]["path"] == f"{folder}/shop/models.py"
    (found,) = json.loads(lint("--output-format", "json").stdout)
    assert found["path"] == "shop/models.py"


def test_colour_when_it_is_asked_for(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = lint().stdout
    monkeypatch.setenv("FORCE_COLOR", "1")

    coloured = lint().stdout

    assert "\x1b[" in coloured
    assert click.unstyle(coloured) == plain
    assert "\x1b[" not in lint("--output-format", "json").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert lint().stdout == plain


# Files


def test_standard_input_stands_for_a_file(models: Path) -> None:
    models.write_text(FIXED)

    result = lint("--stdin-filename", "shop/models.py", "--output-format", "json", stdin=SOURCE)

    (found,) = json.loads(result.stdout)
    assert found["path"] == "shop/models.py"
    assert lint("--stdin-filename", "shop/models.py", "-", stdin=FIXED).exit_code == 0


def test_only_that_file_is_reported_on(broken: Path, models: Path) -> None:
    assert codes("--stdin-filename", "shop/models.py", "-") == ["PGT103"]


def test_fixes_of_standard_input_are_printed(models: Path) -> None:
    result = lint("--stdin-filename", "shop/models.py", "--fix", stdin=SOURCE)

    assert (result.exit_code, result.stdout) == (0, FIXED)
    assert "Fixed 1, nothing left." in result.stderr
    assert models.read_text() == SOURCE


def test_a_diff_of_standard_input(models: Path) -> None:
    text = SOURCE + "# unsaved\n"

    result = lint("--stdin-filename", "shop/models.py", "--diff", stdin=text)

    assert "+    class Meta(Audited.Meta):\n         ordering = []\n # unsaved\n" in result.stdout
    assert models.read_text() == SOURCE


def test_standard_input_of_a_file_that_is_not_saved_yet(models: Path) -> None:
    models.unlink()

    result = lint("--stdin-filename", "shop/models.py", "--fix", stdin=SOURCE)

    assert (result.exit_code, result.stdout) == (0, FIXED)
    assert not models.exists()


def test_standard_input_of_what_can_be_no_file(models: Path) -> None:
    assert "is a directory" in lint("--stdin-filename", "shop", stdin=SOURCE).stderr
    with pytest.raises(CodegenError, match=r"'nowhere/new\.py' cannot be a file"):
        lint("--stdin-filename", "nowhere/new.py", stdin=SOURCE)


def test_excluded_files_are_reported_when_named(models: Path) -> None:
    configure(models, '[tool.pgtrigger-codegen]\nexclude = ["shop"]')

    assert codes() == []
    assert codes("shop/models.py") == ["PGT103"]
    assert codes("shop/models.py", "--force-exclude") == []


def test_exit_zero(models: Path) -> None:
    result = lint("--exit-zero")

    assert result.exit_code == 0
    assert "Found 1 error" in result.stdout
    assert lint("--exit-zero", "--diff").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--add-ignores", "--fix"), "--add-ignores cannot be combined with --fix"),
        (("--add-ignores", "--write-baseline"), "cannot be combined with --write-baseline"),
        (("--reason", "why"), "--reason needs --add-ignores"),
        (("--add-ignores", "--reason", "a # b"), "one line of text without #"),
        (("--add-ignores", "--reason", "a\nb"), "one line of text without #"),
        (("--write-baseline", "--diff"), "--write-baseline cannot be combined with --fix"),
        (("--write-baseline",), "--write-baseline needs --baseline FILE"),
        (("--stdin-filename", "a.py", "--add-ignores"), "combined with --stdin-filename"),
        (("--stdin-filename", "a.py", "b.py"), "no PATH but - can be given"),
        (("-",), "name its file with --stdin-filename"),
    ],
)
def test_options_that_contradict_each_other(
    models: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = lint(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_every_option_is_explained() -> None:
    page = (ROOT / "docs" / "lint.md").read_text()

    for option in command.lint.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.opts[-1] in page, option.opts
