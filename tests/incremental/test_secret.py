"""The secret is the user's own; where it may not be, there is none."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.incremental import secret


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    return home / "pgtrigger-codegen"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


def test_it_is_made_once_and_for_the_user_alone(home: Path, root: Path) -> None:
    key = secret.find_or_make(root)
    assert key is not None
    assert len(key) == 32
    assert secret.find_or_make(root) == key
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "cache.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["cache.key"]


def test_to_read_makes_none(home: Path, root: Path) -> None:
    assert secret.find(root) is None
    assert not home.exists()
    key = secret.find_or_make(root)
    assert secret.find(root) == key


def test_another_user_has_another(
    home: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = secret.find_or_make(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert secret.find_or_make(root) not in (None, key)


def test_without_that_variable_it_is_in_the_home_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for relative in ("", "cache"):  # a relative path is to be ignored, says the standard
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        monkeypatch.setattr(sys, "platform", "linux")
        assert secret.find_or_make(root) is not None
        assert (tmp_path / ".cache/pgtrigger-codegen/cache.key").is_file()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert secret.find_or_make(root) is not None
    assert (tmp_path / "Library/Caches/pgtrigger-codegen/cache.key").is_file()


def test_a_copy_of_the_secret_is_another_secret(home: Path, root: Path, tmp_path: Path) -> None:
    """As when a home folder came with a repository, or with an image."""
    key = secret.find_or_make(root)
    shutil.copytree(home, tmp_path / "copy")
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "copy", home)
    assert secret.find_or_make(root) not in (None, key)


def test_there_is_none_inside_of_the_project(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "home"))
    assert secret.find_or_make(root) is None
    assert list(root.iterdir()) == []
    (tmp_path / "link").symlink_to(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "link"))
    assert secret.find_or_make(root) is None


def test_a_link_is_not_followed(home: Path, root: Path, tmp_path: Path) -> None:
    assert secret.find_or_make(root) is not None
    (home / "cache.key").rename(tmp_path / "moved")
    (home / "cache.key").symlink_to(tmp_path / "moved")
    assert secret.find_or_make(root) is None
    home.rename(tmp_path / "folder")
    home.symlink_to(tmp_path / "folder")
    assert secret.find_or_make(root) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_what_others_can_read_is_no_secret(home: Path, root: Path, mode: int) -> None:
    assert secret.find_or_make(root) is not None
    (home / "cache.key").chmod(mode)
    assert secret.find_or_make(root) is None


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_to_holds_no_secret(
    home: Path, root: Path, mode: int
) -> None:
    assert secret.find_or_make(root) is not None
    home.chmod(mode)
    assert secret.find_or_make(root) is None


@pytest.mark.parametrize("which", ["folder", "file"])
def test_what_belongs_to_another_user_is_no_secret(
    home: Path, root: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    assert secret.find_or_make(root) is not None
    if which == "file" and os.geteuid() == 0:
        os.chown(home / "cache.key", 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert secret.find_or_make(root) is None


@pytest.mark.parametrize("content", [b"", b"half of it"])
def test_half_a_secret_is_made_anew(home: Path, root: Path, content: bytes) -> None:
    home.mkdir(parents=True, mode=0o700)
    (home / "cache.key").write_bytes(content)
    (home / "cache.key").chmod(0o600)
    assert secret.find_or_make(root) is not None
    assert len((home / "cache.key").read_bytes()) == 32


@pytest.mark.parametrize("kind", ["pipe", "folder", "long"])
def test_something_else_in_its_place_is_no_secret(home: Path, root: Path, kind: str) -> None:
    home.mkdir(parents=True, mode=0o700)
    path = home / "cache.key"
    match kind:
        case "pipe":
            os.mkfifo(path, 0o600)
        case "folder":
            path.mkdir(mode=0o700)
        case _:
            path.write_bytes(bytes(1000))
            path.chmod(0o600)
    found = secret.find_or_make(root)
    assert found is None or kind == "long"  # then it is made anew


def test_where_it_cannot_be_made_there_is_none(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", Path("/dev/null/x"), Path("/a\0b")):
        with pytest.MonkeyPatch.context() as patch:
            # Not the real environment, which takes no path with a null character.
            patch.setattr(os, "environ", {**os.environ, "XDG_CACHE_HOME": str(path)})
            assert secret.find_or_make(root) is None
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert secret.find_or_make(root) is None
