from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.project.project import Project, Settings
from pgtrigger_codegen.source.span import Span
from tests.lint import facts


def analysis(folder: Path, **files: str) -> Analysis:
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.write_text(text)
        paths.append(path)
    start = Span(str(paths[0]), 1, 1, 1, 1)
    project = Project(folder, Settings("settings", {}, start), {})
    return facts.analysis(project=project, read_files=frozenset(paths))


def test_the_last_assignment(tmp_path: Path) -> None:
    found = setting_place(analysis(tmp_path, settings="A = 1\nif A:\n    A = 2\nB = A\n"), "A")

    assert found == Span(str(tmp_path / "settings.py"), 3, 5, 3, 6)


def test_in_a_module_that_the_settings_import(tmp_path: Path) -> None:
    known = analysis(tmp_path, settings="from .base import *\n", base="é = ''; A = 1\n")

    found = setting_place(known, "A")

    assert found == Span(str(tmp_path / "base.py"), 1, 9, 1, 10)


@pytest.mark.parametrize("text", ["B = 1\n", "A =\n", "# A\n"])
def test_else_where_the_settings_begin(text: str, tmp_path: Path) -> None:
    found = setting_place(analysis(tmp_path, settings=text), "A")

    assert found == Span(str(tmp_path / "settings.py"), 1, 1, 1, 1)


def test_without_settings() -> None:
    assert setting_place(facts.analysis(), "A") is None
