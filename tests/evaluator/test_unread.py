"""What the loader and the finder say of files and folders that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.boundary import Boundary
from pgtrigger_codegen.source.finder import ModuleFinder
from pgtrigger_codegen.source.unread import GapKind


def loader(root: Path) -> ModuleLoader:
    return ModuleLoader(ModuleFinder([root]), complete=True)


def test_notes_a_file_that_does_not_parse(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("x = (\n")
    found = loader(tmp_path)
    found.load("models")
    (unread,) = found.unread.values()
    assert unread.kind is GapKind.SYNTAX_ERROR
    assert unread.span is not None
    assert unread.span.path == str(tmp_path / "models.py")


def test_notes_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "models.py").symlink_to(tmp_path / "gone.py")
    found = loader(tmp_path)
    found.load("models")
    (unread,) = found.unread.values()
    assert unread.kind is GapKind.UNREADABLE_FILE
    assert unread.reason == os.strerror(2)


def test_notes_what_is_refused_by_rule(tmp_path: Path) -> None:
    (tmp_path / "models.py").symlink_to("/proc/self/environ")
    os.mkfifo(tmp_path / "triggers.py")
    found = ModuleLoader(ModuleFinder([tmp_path], boundary=Boundary.of(tmp_path)), complete=True)
    reasons = [found.load(name) for name in ("models", "triggers")]

    assert [unread.kind for unread in found.unread.values()] == [GapKind.REFUSED_FILE] * 2
    assert [unread.reason for unread in found.unread.values()] == [
        "a symbolic link leads out of the project, or to what is no Python source",
        "it is not a regular file",
    ]
    assert all(isinstance(reason, Unknown) for reason in reasons)


def test_one_link_in_a_circle_does_not_hide_the_other_files(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "models.py").touch()
    assert ModuleFinder([tmp_path]).find("models") is not None


def test_tells_a_folder_that_cannot_be_listed_from_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "empty").mkdir()

    def scandir(path: str) -> object:
        if str(path).endswith("shop"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    finder = ModuleFinder([tmp_path])
    assert finder.find("shop.models") is None
    assert finder.find("empty.models") is None
    assert finder.find("gone.models") is None
    assert finder.unreadable_folders() == {str(tmp_path / "shop"): "Permission denied"}
