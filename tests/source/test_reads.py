from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.source.reads import Reads, current, recorded, stamp


def test_every_way_to_open_a_file_is_noted(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).write_text(name)
    with recorded() as reads:
        (tmp_path / "a").read_text()
        (tmp_path / "b").read_bytes()
        with (tmp_path / "c").open() as file:
            file.read()
        os.close(os.open(tmp_path / "d", os.O_RDONLY))
        with pytest.raises(FileNotFoundError):
            (tmp_path / "missing").read_text()
    (tmp_path / "a").read_text()
    found = {Path(path).name: when for path, when in reads.files.items()}
    assert found == {
        **{name: stamp(str(tmp_path / name)) for name in ("a", "b", "c", "d")},
        "missing": None,
    }
    assert reads.effect is None


def test_relative_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("")
    monkeypatch.chdir(tmp_path)
    with recorded() as reads:
        Path("a").read_text()
        os.listdir()  # noqa: PTH208
    assert [*reads.files] == [str(tmp_path / "a")]
    assert reads.folders == {str(tmp_path)}


def test_every_way_to_list_a_folder_is_noted(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).mkdir()
    with recorded() as reads:
        list((tmp_path / "a").iterdir())
        list(os.scandir(tmp_path / "b"))
        list((tmp_path / "c").glob("*.py"))
        list(os.walk(tmp_path / "d"))
    assert {Path(path).name for path in reads.folders} >= {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    "act",
    [
        lambda folder: (folder / "new").write_text("x"),
        lambda folder: os.close(os.open(folder / "new", os.O_CREAT | os.O_WRONLY)),
        lambda folder: (folder / "a").rename(folder / "b"),
        lambda folder: (folder / "a").unlink(),
        lambda folder: (folder / "sub").mkdir(),
        lambda folder: subprocess.run([sys.executable, "-c", ""], check=True),
    ],
)
def test_what_is_more_than_reading_is_noted(tmp_path: Path, act: object) -> None:
    (tmp_path / "a").write_text("")
    with recorded() as reads:
        act(tmp_path)  # type: ignore[operator]
    assert reads.effect is not None


def test_another_process_adds_what_it_has_read() -> None:
    here = Reads({"/a": (1, 1)}, {"/x"})
    here.merge(Reads({"/a": (2, 2), "/b": None}, {"/y"}, "writes /c"))
    assert here == Reads({"/a": (1, 1), "/b": None}, {"/x", "/y"}, "writes /c")


def test_imports_are_not_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imported_for_reads.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with recorded() as reads:
        importlib.import_module("imported_for_reads")
    assert reads == Reads()


def test_nothing_is_noted_when_nobody_asks(tmp_path: Path) -> None:
    assert current() is None
    with recorded() as reads:
        assert current() is reads
    assert current() is None
