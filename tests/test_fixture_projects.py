"""Each fixture project against its expected output, byte for byte.

`pytest --update-expected tests/test_fixture_projects.py` writes the files anew; read the diff.
"""

from __future__ import annotations

import json
from pathlib import Path

import django
import pytest

from tests.support.cli import run_cli
from tests.support.projects import ALL, WORKING, copy_project, expected_file

# Conditions are rendered by Django, and another version may render them another way. That what
# is rendered is right is for the tests against a real Django process to say, on every version.
golden = pytest.mark.skipif(
    django.VERSION[:2] != (5, 2), reason="the expected output is that of Django 5.2"
)


@golden
@pytest.mark.parametrize("name", ALL)
def test_show(name: str, tmp_path: Path, update_expected: bool) -> None:
    outcome = run_cli(copy_project(name, tmp_path), "show", "--output-format", "json")

    assert outcome.exit_code == 0
    _compare(name, "show.json", _pretty(outcome.stdout), update_expected)


@golden
@pytest.mark.parametrize("name", ALL)
def test_lint(name: str, tmp_path: Path, update_expected: bool) -> None:
    # Their migrations make tables alone: what is pending is what `makemigrations` writes, below.
    outcome = run_cli(copy_project(name, tmp_path), "lint", "--ignore", "PGT401")

    assert outcome.exit_code in {0, 1}
    _compare(name, "lint.txt", outcome.stdout, update_expected)


@golden
@pytest.mark.parametrize("name", WORKING)
def test_makemigrations(name: str, tmp_path: Path, update_expected: bool) -> None:
    root = copy_project(name, tmp_path)
    arguments = ("makemigrations", "--dry-run", "--output-format", "json")

    outcome = run_cli(root, *arguments)

    assert outcome.exit_code == 0, outcome.stderr
    text = "".join(
        f"# {entry['path']}\n{entry['content']}" for entry in json.loads(outcome.stdout)["written"]
    )
    _compare(name, "migrations.txt", text, update_expected)


def test_what_cannot_be_read_stops_a_write(tmp_path: Path) -> None:
    root = copy_project("broken", tmp_path)
    before = sorted(root.rglob("*"))

    outcome = run_cli(root, "makemigrations")

    assert outcome.exit_code == 2
    assert sorted(root.rglob("*")) == before


def _compare(project: str, name: str, text: str, update: bool) -> None:
    path = expected_file(project, name)
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: run with --update-expected"
    assert text == path.read_text(encoding="utf-8")


def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
