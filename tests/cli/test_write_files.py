"""All files or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.cli.write_files import write_files
from pgtrigger_codegen.errors import CodegenError


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_writes_and_replaces(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("old")

    write_files({tmp_path / "a": "new\nü", tmp_path / "b": "new"})

    assert _contents(tmp_path) == {"a": "new\nü", "b": "new"}


def test_nothing_is_changed_when_a_folder_is_missing(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("old")
    files = {tmp_path / "a": "1", tmp_path / "b": "2", tmp_path / "gone" / "c": "3"}

    with pytest.raises(CodegenError, match=r"gone/c cannot be written: No such file(.|\n)*help:"):
        write_files(files)

    assert _contents(tmp_path) == {"b": "old"}


def test_what_was_replaced_is_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").write_text("old")
    replace = Path.replace

    def replace_but_c(self: Path, target: Path) -> Path:
        if target.name == "c":
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_but_c)

    with pytest.raises(CodegenError, match=r"c cannot be written: Permission denied"):
        write_files({tmp_path / name: "new" for name in "abc"})

    assert _contents(tmp_path) == {"b": "old"}


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()

    with pytest.raises(CodegenError, match=r"c cannot be written: Is a directory"):
        write_files({tmp_path / "a": "1", tmp_path / "c": "3"})

    assert _contents(tmp_path) == {}
