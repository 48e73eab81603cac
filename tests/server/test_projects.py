"""Which folder of a workspace is the project of a file."""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.server.projects import project_folder
from tests.support.projects import write_files


def test_the_workspace_is_the_project_unless_something_says_otherwise(tmp_path: Path) -> None:
    write_files(tmp_path, {"backend/manage.py": "", "backend/shop/models.py": ""})

    assert project_folder(tmp_path / "backend/shop/models.py", tmp_path) == tmp_path


def test_a_folder_with_a_table_of_ours_is_a_project(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "pyproject.toml": "[tool.other]\n",
            "a/pyproject.toml": "[tool.pgtrigger-codegen]\n",
            "b/pyproject.toml": "[tool.pgtrigger-codegen\n",
        },
    )

    assert project_folder(tmp_path / "a/shop/models.py", tmp_path) == tmp_path / "a"
    assert project_folder(tmp_path / "b/shop/models.py", tmp_path) == tmp_path / "b"
    assert project_folder(tmp_path / "c/shop/models.py", tmp_path) == tmp_path


def test_of_several_projects_each_is_its_own(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/manage.py": "", "b/manage.py": "", "lib/x.py": ""})

    assert project_folder(tmp_path / "a/shop/models.py", tmp_path) == tmp_path / "a"
    assert project_folder(tmp_path / "b/models.py", tmp_path) == tmp_path / "b"
    assert project_folder(tmp_path / "lib/x.py", tmp_path) == tmp_path
