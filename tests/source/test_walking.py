"""Folders below folders."""

from __future__ import annotations

import os
from pathlib import Path

from pgtrigger_codegen.source.walking import walk


def test_is_that_of_python_but_for_the_order(tmp_path: Path) -> None:
    for name in ("a/b/c", "a/d", "e"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file.py").touch()
    (tmp_path / "e" / "link").symlink_to(tmp_path / "a")

    ours = {folder: (set(inner), set(files)) for folder, inner, files in walk(tmp_path)}

    theirs = os.walk(tmp_path)
    assert ours == {folder: (set(inner), set(files)) for folder, inner, files in theirs}


def test_does_not_enter_what_is_taken_out(tmp_path: Path) -> None:
    (tmp_path / "kept" / "inner").mkdir(parents=True)
    (tmp_path / "left" / "inner").mkdir(parents=True)
    seen = []
    for folder, folders, _ in walk(tmp_path):
        folders[:] = [name for name in folders if name != "left"]
        seen.append(Path(folder).name)

    assert seen == [tmp_path.name, "kept", "inner"]


def test_a_folder_that_is_not_there_has_none_below(tmp_path: Path) -> None:
    assert list(walk(tmp_path / "gone")) == []
