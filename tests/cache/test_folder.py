from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgtrigger_codegen.cache import folder


def test_the_folder_keeps_itself_out_of_version_control_and_backups(tmp_path: Path) -> None:
    folder.write(tmp_path, "a", b"1")
    cache = folder.find(tmp_path)
    assert cache == tmp_path / ".pgtrigger_codegen_cache"
    assert (cache / ".gitignore").read_text() == "*\n"
    signature = b"Signature: 8a477f597d28d172789f06886806bc55\n"
    assert (cache / "CACHEDIR.TAG").read_bytes().startswith(signature)
    assert folder.read(cache, "a") == b"1"
    assert folder.read(cache, "b") is None


def test_the_cache_of_the_project_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    inside = tmp_path / "shop" / "orders"
    inside.mkdir(parents=True)
    assert folder.find(inside) is None
    folder.write(tmp_path, "a", b"1")
    assert folder.find(inside) == tmp_path / folder.NAME


def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    folder.write(tmp_path, "a", b"1")
    left = {path.name for path in (tmp_path / folder.NAME).iterdir()}
    assert left == {".gitignore", "CACHEDIR.TAG"}


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / folder.NAME).write_text("mine")
    folder.write(tmp_path, "a", b"1")
    assert (tmp_path / folder.NAME).read_text() == "mine"


def test_old_results_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_MOST_FILES", 4)
    for number in range(6):
        folder.write(tmp_path, str(number), b"")
        os.utime(tmp_path / folder.NAME / str(number), ns=(number, number))
    left = {path.name for path in (tmp_path / folder.NAME).glob("[0-9]")}
    assert len(left) <= 4
    assert "5" in left
    assert "0" not in left


def test_it_can_be_removed(tmp_path: Path) -> None:
    assert folder.remove(tmp_path) is False
    folder.write(tmp_path, "a", b"1")
    assert folder.remove(tmp_path) is True
    assert list(tmp_path.iterdir()) == []
