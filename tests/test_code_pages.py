"""What the pages about the code say holds: the route of a trigger, and how a rule is added."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import REPOSITORY, small_project

PACKAGE = REPOSITORY / "pgtrigger_codegen"
STEP = re.compile(r"^\| (\d+) \| `([\w/.]+)` \| `([\w.]+)` \|", re.MULTILINE)
# Writes how far one gets in a list of functions, as they are called.
TRACE = """
import json, runpy, sys
package, wanted = sys.argv[1], json.loads(sys.argv[2])
def note(frame, event, argument):
    code = frame.f_code
    if event == "call" and wanted and code.co_qualname == wanted[0][1]:
        if code.co_filename == f"{package}/{wanted[0][0]}":
            del wanted[0]
sys.argv[1:] = ["makemigrations", "--no-cache"]
sys.setprofile(note)
try:
    runpy.run_module("pgtrigger_codegen", run_name="__main__")
except SystemExit as ended:
    code = ended.code
sys.setprofile(None)
print(json.dumps([code, wanted]))
"""
FILE = re.compile(r"^`([\w/.-]+)`:\n\n(`{3,})\w+\n(.*?)^\2$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```sh\n\.venv/bin/pytest (.*)\n```$", re.MULTILINE)


def test_the_route_of_a_trigger(tmp_path: Path) -> None:
    steps = STEP.findall((REPOSITORY / "docs" / "code.md").read_text())
    assert [int(number) for number, _, _ in steps] == [*range(1, len(steps) + 1)]
    assert len(steps) > 15

    outcome = subprocess.run(
        [sys.executable, "-c", TRACE, str(PACKAGE), json.dumps([step[1:] for step in steps])],
        cwd=small_project(tmp_path),
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )

    code, not_called = json.loads(outcome.stdout.splitlines()[-1])
    assert code == 0
    assert not_called == []


@pytest.mark.slow
def test_a_new_rule(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "new-rule.md").read_text()
    files = {path: text for path, _, text in FILE.findall(page)}
    assert [*map(Path, files)] == [
        Path("fixtures/rules/PGT299-protected-insert.md"),
        Path("pgtrigger_codegen/lint/rules/protected_insert.py"),
    ]
    for name in ("pgtrigger_codegen", "tests", "fixtures", "docs"):
        shutil.copytree(
            REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(REPOSITORY / name, tmp_path)
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    registry = tmp_path / "pgtrigger_codegen" / "lint" / "registry.py"
    listed = registry.read_text().replace(
        "    TemplateBraces(),\n", "    ProtectedInsert(),\n    TemplateBraces(),\n"
    )
    imported = "from pgtrigger_codegen.lint.rules.protected_insert import ProtectedInsert\n"
    registry.write_text(listed.replace("\nRULES:", f"\n{imported}\nRULES:", 1))

    _, cases = COMMAND.findall(page)
    outcomes = [
        _pytest(tmp_path, arguments)
        for arguments in ("tests/lint/test_documentation.py --update-expected", cases)
    ]

    for outcome in outcomes:
        assert outcome.returncode == 0, outcome.stdout
    assert "passed" in outcomes[1].stdout
    assert (tmp_path / "docs" / "rules" / "PGT299.md").is_file()


def _pytest(folder: Path, arguments: str) -> subprocess.CompletedProcess[str]:
    # The copy is not measured, and must not take what was measured so far for its own.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COV_", "COVERAGE_", "PYTEST_"))
    }
    options = ["-p", "no:cacheprovider", "-p", "no:randomly", "-q", "-n", "0"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments.split()],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
