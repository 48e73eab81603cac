from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.errors import CodegenError, ConfigError
from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix, Severity
from pgtrigger_codegen.lint.options import (
    LintOptions,
    command_line_file_ignores,
    command_line_selectors,
    lint_options,
)
from pgtrigger_codegen.lint.selection import Selector
from pgtrigger_codegen.project.config import load_config
from tests.lint import facts

ROOT = Path("/project")


def options(folder: Path, text: str) -> LintOptions:
    """Of a table whose first key stands on line 2."""
    path = folder / "pyproject.toml"
    path.write_text(f"[tool.pgtrigger-codegen.lint]\n{text}\n", encoding="utf-8")
    return lint_options(load_config(folder))


def test_without_a_table(tmp_path: Path) -> None:
    assert lint_options(load_config(tmp_path)) == LintOptions()


def test_selectors(tmp_path: Path) -> None:
    read = options(tmp_path, 'select = ["PGT1"]\nextend-select = ["PGT005"]\nignore = ["ALL"]')

    assert read.selection.select == (Selector("PGT1"),)
    assert read.selection.extend_select == (Selector("PGT005"),)
    assert read.selection.ignore == (Selector("ALL"),)


def test_nothing_selected_is_not_the_default(tmp_path: Path) -> None:
    assert options(tmp_path, "select = []").selection.select == ()
    assert options(tmp_path, "ignore = []").selection.select is None


@pytest.mark.parametrize(
    ("path", "code", "ignored"),
    [
        ("/project/tests/models.py", "PGT103", True),
        ("/project/shop/tests/models.py", "PGT103", True),
        ("/project/tests/models.py", "PGT002", False),
        ("/project/shop/models.py", "PGT103", False),
        ("/project/shop/legacy/models.py", "PGT002", True),
        ("/elsewhere/tests/models.py", "PGT103", False),
    ],
)
def test_per_file_ignores(tmp_path: Path, path: str, code: str, ignored: bool) -> None:
    read = options(
        tmp_path,
        '[tool.pgtrigger-codegen.lint.per-file-ignores]\n"tests" = ["PGT1"]\n'
        '"shop/legacy/*.py" = ["ALL"]',
    )

    assert read.file_ignores(ROOT)(path, code, "some-rule") is ignored


def test_the_longest_selector_grades(tmp_path: Path) -> None:
    read = options(tmp_path, 'severity = { PGT1 = "warning", PGT103 = "info", ALL = "error" }')

    graded = [
        read.graded(facts.finding(facts.span(), code=code)).severity
        for code in ("PGT103", "PGT104", "PGT002")
    ]

    assert graded == [Severity.INFO, Severity.WARNING, Severity.ERROR]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", {"PGT103", "PGT104", "PGT002"}),
        ('fixable = ["PGT1"]', {"PGT103", "PGT104"}),
        ("fixable = []", set()),
        ('unfixable = ["PGT103"]', {"PGT104", "PGT002"}),
        ('fixable = ["PGT103"]\nunfixable = ["PGT1"]', {"PGT103"}),
        ('fixable = ["PGT1"]\nunfixable = ["PGT1"]', set()),
    ],
)
def test_which_fixes_are_offered(tmp_path: Path, text: str, codes: set[str]) -> None:
    read = options(tmp_path, text)
    fix = Fix("Derive it", Applicability.SAFE, (Edit(facts.span(), ""),))

    offered = [
        read.offered(facts.finding(facts.span(), code=code, fix=fix))
        for code in ("PGT103", "PGT104", "PGT002")
    ]

    assert {finding.code for finding in offered if finding.fix} == codes
    # What to do stays said.
    assert {finding.help for finding in offered if not finding.fix} <= {"Derive it"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("a/*:PGT1",), {"a/*": ["PGT1"]}),
        (("a:PGT1,PGT002,b.py:ALL",), {"a": ["PGT1", "PGT002"], "b.py": ["ALL"]}),
        (("a:PGT1", "a:lost-inherited-triggers"), {"a": ["PGT1", "lost-inherited-triggers"]}),
    ],
)
def test_ignores_of_files_on_the_command_line(
    values: tuple[str, ...], expected: dict[str, list[str]]
) -> None:
    read = command_line_file_ignores("--per-file-ignores", values)

    assert {glob: [one.text for one in found] for glob, found in read.items()} == expected


@pytest.mark.parametrize("value", ["PGT1", ":PGT1", "a:", "a:PGT1,", "PGT1,a:PGT1"])
def test_ignores_of_no_files(value: str) -> None:
    with pytest.raises(CodegenError, match=r"names no files and rules \(--per-file-ignores\)"):
        command_line_file_ignores("--per-file-ignores", (value,))


def test_ignores_of_files_by_an_unknown_rule() -> None:
    with pytest.raises(CodegenError, match=r"no rule 'PGT10x' \(--per-file-ignores\)"):
        command_line_file_ignores("--per-file-ignores", ("a:PGT10x",))


def test_what_is_not_graded_stays() -> None:
    finding = facts.finding(facts.span(), severity=Severity.INFO)

    assert LintOptions().graded(finding) is finding


def test_the_baseline_lies_beside_the_configuration(tmp_path: Path) -> None:
    assert options(tmp_path, 'baseline = "lint.json"').baseline == tmp_path / "lint.json"


@pytest.mark.parametrize(
    ("text", "line", "message", "help"),
    [
        ('ignroe = ["PGT1"]', 2, "unknown key `ignroe`", "did you mean `ignore`?"),
        ('select = "PGT1"', 2, "`select` in [tool.pgtrigger-codegen.lint] must be a list", ""),
        ('# why\nignore = ["lost"]', 3, "names the rule 'lost'", "the rules are PGT001"),
        ('severity = { PGT1 = "fatal" }', 2, '"error", "warning" or "info"', "under `ignore`"),
        ('severity = { PGT9 = "info" }', 2, "names the rule 'PGT9'", "codes begin with"),
        ("severity = { PGT1 = 1 }", 2, "`PGT1` in [tool.pgtrigger-codegen.lint.severity]", ""),
        (
            '[tool.pgtrigger-codegen.lint.per-file-ignores]\n"tests/*" = ["E5"]',
            3,
            "`tests/*` in [tool.pgtrigger-codegen.lint.per-file-ignores]",
            "the rules are",
        ),
        ("per-file-ignores = []", 2, "must be a table", ""),
        ("baseline = 1", 2, "must be a string", ""),
    ],
)
def test_errors_point_at_the_key(
    tmp_path: Path, text: str, line: int, message: str, help: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        options(tmp_path, text)

    assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}:{line}: ")
    assert message in str(caught.value)
    assert help in str(caught.value.help)


def test_selectors_of_the_command_line() -> None:
    assert command_line_selectors("--select", ("PGT1, PGT002", "ALL,")) == (
        Selector("PGT1"),
        Selector("PGT002"),
        Selector("ALL"),
    )


def test_an_unknown_rule_on_the_command_line() -> None:
    with pytest.raises(CodegenError, match=r"no rule 'lost-triggers' \(--ignore\)") as caught:
        command_line_selectors("--ignore", ("lost-triggers",))

    assert "did you mean PGT103" in str(caught.value.help)
