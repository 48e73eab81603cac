from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Edit, Fix
from pgtrigger_codegen.lint.fixes.fixed_point import fix_all, is_own
from pgtrigger_codegen.project.project import App, Project
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.span import Span
from tests.lint import facts

ROOT = Path("/project")


def countdown(analysis: Analysis) -> list[Diagnostic]:
    """Finds a digit that is not 0 in each file, and lowers it by one."""
    found = []
    for path in sorted(analysis.read_files):
        digit = int(read_bytes(path))
        if digit:
            span = Span(str(path), 1, 1, 1, 2)
            fix = Fix("Lower it", Applicability.SAFE, (Edit(span, str(digit - 1)),))
            found.append(facts.finding(span, fix=fix))
    return found


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "one.py", tmp_path / "two.py"]
    for path, digit in zip(paths, "31", strict=True):
        path.write_text(f"{digit}\n")
    return paths


def test_until_nothing_is_left(files: list[Path]) -> None:
    fixed = fix_all(lambda: facts.analysis(read_files=frozenset(files)), countdown, unsafe=False)

    assert fixed.diagnostics == ()
    assert len(fixed.applied) == 4
    assert [fixed.before[str(path)].text for path in files] == ["3\n", "1\n"]
    assert [fixed.after[str(path)].text for path in files] == ["0\n", "0\n"]
    assert [path.read_text() for path in files] == ["3\n", "1\n"]


def test_one_file_only(files: list[Path]) -> None:
    analysis = facts.analysis(read_files=frozenset(files))

    fixed = fix_all(lambda: analysis, countdown, unsafe=False, only=str(files[1]))

    assert set(fixed.after) == {str(files[1])}
    assert [finding.span.path for finding in fixed.diagnostics] == [str(files[0])]


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("shop/models.py", True),
        ("shop/forms.py", False),
        ("shop/migrations/0001_initial.py", True),
        ("auth/migrations/0001_initial.py", True),
        ("venv/site-packages/blog/migrations/0001_initial.py", False),
        ("/elsewhere/migrations/0001_initial.py", False),
    ],
)
def test_which_files_are_the_projects(path: str, own: bool) -> None:
    folders = ("shop", "auth", "venv/site-packages/blog", "/elsewhere")
    apps = {
        name: App(name, name, ROOT / name, name == "shop", None, ROOT / name / "migrations")
        for name in folders
    }
    settings = facts.analysis().project.settings
    analysis = facts.analysis(
        project=Project(ROOT, settings, apps), read_files=frozenset({ROOT / "shop/models.py"})
    )

    assert is_own(analysis, str(ROOT / path)) is own
